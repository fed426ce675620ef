/**
 * Breadth-first search over all histories, so that what it finds is shortest. Then, where nothing is broken: from every
 * state the world comes right without another fault (no dead end), and it cannot go round for ever (no livelock).
 */
export interface Graph<S> {
  readonly initial: S;
  readonly keyOf: (state: S) => string;
  readonly movesOf: (state: S) => readonly Edge<S>[];
  /** What is wrong in a state by itself. */
  readonly faultOf: (state: S) => Found | undefined;
  /** Where a history may end. */
  readonly isGoal: (state: S) => boolean;
}

interface Edge<S> {
  readonly label: string;
  readonly isFault: boolean;
  readonly next: S;
  readonly broken?: Found;
}

interface Found {
  readonly kind: string;
  readonly text: string;
}

export interface Result {
  readonly states: number;
  /** Undefined: every history is right. */
  readonly violation: (Found & { readonly trace: readonly string[] }) | undefined;
}

/** @throws Error when there are more states than `most`: what was not looked at is not known to be right */
export function search<S>(graph: Graph<S>, most: number): Result {
  const seen = new Seen(graph);
  /** By state, those that it reaches without a fault. */
  const faultless: number[][] = [];
  const goals: number[] = [];
  for (let at = 0; at < seen.states.length; at += 1) {
    const state = seen.states[at] as S;
    const fault = graph.faultOf(state);
    if (fault) return seen.found(fault, seen.trace(at));
    if (graph.isGoal(state)) goals.push(at);
    const reached = new Set<number>();
    for (const { label, isFault, next, broken } of graph.movesOf(state)) {
      if (broken) return seen.found(broken, [...seen.trace(at), label]);
      const to = seen.add(next, at, label);
      if (!isFault && to !== at) reached.add(to);
    }
    if (seen.states.length > most) throw new Error(`more than ${most} states: choose a smaller mix`);
    faultless.push([...reached]);
  }
  const dead = deadEnd(faultless, goals);
  if (dead !== undefined) {
    return seen.found({ kind: 'dead-end', text: 'without another fault nothing comes right' }, seen.trace(dead));
  }
  const cycle = findCycle(faultless);
  const [start] = cycle;
  if (start === undefined) return { states: seen.states.length, violation: undefined };
  const round = cycle.map((at, index) => seen.labelOf(at, cycle[(index + 1) % cycle.length] as number));
  return seen.found({ kind: 'livelock', text: `the last ${cycle.length} moves again and again` }, [
    ...seen.trace(start),
    ...round,
  ]);
}

class Seen<S> {
  readonly states: S[] = [];
  readonly #ids = new Map<string, number>();
  readonly #from: number[] = [];
  readonly #labels: string[] = [];

  constructor(private readonly graph: Graph<S>) {
    this.add(graph.initial, 0, '');
  }

  add(state: S, from: number, label: string): number {
    const key = this.graph.keyOf(state);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.states.push(state) - 1;
    this.#ids.set(key, id);
    this.#from.push(from);
    this.#labels.push(label);
    return id;
  }

  trace(to: number): readonly string[] {
    const labels: string[] = [];
    for (let at = to; at > 0; at = this.#from[at] ?? 0) labels.push(this.#labels[at] ?? '');
    return labels.reverse();
  }

  labelOf(from: number, to: number): string {
    const moves = this.graph.movesOf(this.states[from] as S);
    return moves.find(({ isFault, next }) => !isFault && this.#ids.get(this.graph.keyOf(next)) === to)?.label ?? '';
  }

  found(fault: Found, trace: readonly string[]): Result {
    return { states: this.states.length, violation: { ...fault, trace } };
  }
}

/** The first state from which no goal is reached; undefined when there is none. */
function deadEnd(faultless: readonly (readonly number[])[], goals: readonly number[]): number | undefined {
  const before = reversed(faultless);
  const alive = new Set(goals);
  const open = [...goals];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const from of before[at] ?? []) {
      if (alive.has(from)) continue;
      alive.add(from);
      open.push(from);
    }
  }
  const dead = faultless.findIndex((_, at) => !alive.has(at));
  return dead === -1 ? undefined : dead;
}

/** States that lie on a cycle, in its order; empty when there is none. */
function findCycle(faultless: readonly (readonly number[])[]): readonly number[] {
  const entering = faultless.map(() => 0);
  for (const to of faultless.flat()) entering[to] = (entering[to] ?? 0) + 1;
  const open = entering.flatMap((count, at) => (count === 0 ? [at] : []));
  const gone = new Set(open);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const to of faultless[at] ?? []) {
      entering[to] = (entering[to] ?? 0) - 1;
      if (entering[to] !== 0) continue;
      gone.add(to);
      open.push(to);
    }
  }
  const first = faultless.findIndex((_, at) => !gone.has(at));
  if (first === -1) return [];
  // What is left lies on a cycle or behind one: going back must come round.
  const before = reversed(faultless);
  const walked: number[] = [];
  for (let at = first; ; at = before[at]?.find((from) => !gone.has(from)) as number) {
    const met = walked.indexOf(at);
    if (met !== -1) return walked.slice(met).reverse();
    walked.push(at);
  }
}

function reversed(edges: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const before: number[][] = edges.map(() => []);
  edges.forEach((reached, at) => {
    for (const to of reached) before[to]?.push(at);
  });
  return before;
}
