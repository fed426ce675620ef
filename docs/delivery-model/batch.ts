/** A batch, as src/stream/run-batch.ts runs it, and what happens between batches (src/stream/watch.ts). */
import { reduce, usersIn } from './fold.js';
import { knownOf, put } from './hot.js';
import type { Mix } from './rules.js';
import { type Step, afterRefusal, doubtful, drop, go, stopAsOwner } from './owner.js';
import {
  type Batch,
  type List,
  type Move,
  type Owner,
  type Position,
  show,
  spend,
  type Topic,
  TOPICS,
  type Unwritten,
  withKafka,
} from './state.js';
import { refuses, statesOf } from './store.js';

/** Looks at store and log between batches, polls, reads states and reduces. */
export function run(step: Step, position: Position): readonly Move[] {
  const { mix, rules, state, owner } = step;
  const { first, end } = state.kafka;
  const { unwritten } = owner;
  const marker = unwritten?.from ?? position;
  const isRefused = refuses(state.slot, owner.token, marker);
  const moves: Move[] = unwritten && rules.writesWhenIdle ? [...write(step, unwritten, position, owner)] : [];
  if (rules.idleWatch && isRefused) moves.push(drop(step, 'looks at the store, which differs'));
  if (rules.unreadCheck && first > position.i) {
    return [...moves, stopAsOwner(step, 'its next inputs were deleted unread', 'unread', marker)];
  }
  const held = new Map(rules.unwrittenFirst ? unwritten?.touched : []);
  for (const to of ends(mix, position, end)) {
    // A poll before the first offset silently begins there.
    const from = { ...position, i: Math.max(position.i, Math.min(first, end)) };
    const users = usersOf(mix, from, to).filter((user) => !held.has(user));
    for (const known of knownOf(mix, owner.hot, users)) {
      const isRead = known.missing.length > 0;
      if (isRead && isRefused && rules.checkedReads) {
        moves.push(drop(step, 'polls, and is refused the states'));
        continue;
      }
      const states = new Map([...statesOf(mix, state.slot).entries(), ...known.states, ...held]);
      const batch = reduceBatch(mix, states, from, to);
      const hot = rules.hotAfterWrite ? owner.hot : put(owner.hot, batch.touched);
      const label = `polls, ${isRead ? 'reads states' : 'has its states in memory'}, reduces ${show(position)} -> ${show(to)}`;
      moves.push(go(step, label, { ...owner, phase: 'reduced', batch, hot }));
    }
  }
  return moves;
}

/** Sends lists and offsets, and asks for the commit. */
export function commitBatch(step: Step, from: Position): readonly Move[] {
  const { rules, state, who, owner } = step;
  const { transaction } = state.kafka;
  if (!owner.batch) return [];
  if (!owner.isCurrent) return [drop(step, 'is fenced')];
  // One of its own is open only where a batch is tried again in place.
  if (transaction && (transaction.phase === 'decided' || transaction.by !== who)) return [];
  const asked = { by: who, from, batch: owner.batch, phase: 'open' as const, isAsked: true };
  const next = { ...owner, phase: 'committing' as const, isAnswered: false };
  const moves = [
    go({ ...step, state: withKafka(state, { transaction: asked }) }, 'sends lists and offsets, asks to commit', next),
  ];
  if (state.left.abort === 0) return moves;
  const failed = { ...step, state: withKafka(spend(state, 'abort'), { transaction: undefined }) };
  const label = 'sends lists, and the transaction fails';
  const move = rules.failedBatchDrops
    ? drop(failed, label)
    : go(failed, `${label}, tries the batch again`, { ...owner, phase: 'running', batch: undefined });
  return [...moves, { ...move, isFault: true }];
}

export function awaitCommit(step: Step): readonly Move[] {
  const { rules, state, owner } = step;
  const moves: Move[] = [];
  if (owner.isAnswered) {
    moves.push(go(step, 'learns that the batch is committed', { ...owner, phase: 'committed', isAnswered: false }));
  } else if (!owner.isCurrent) moves.push(drop(step, 'is fenced before its commit'));
  if (state.left.doubt > 0 && (owner.isCurrent || owner.isAnswered)) {
    const doubt = { ...step, state: spend(state, 'doubt') };
    const again = { ...owner, phase: 'running' as const, batch: undefined, isAnswered: false };
    const move = rules.takeOverAfterDoubt
      ? drop(doubt, 'hears nothing of its commit')
      : go(doubt, 'hears nothing of its commit, tries the batch again', again);
    moves.push({ ...move, isFault: true });
  }
  return moves;
}

/** After a commit that is known: the fenced write of states, those that were put off among them; or it is put off. */
export function store(step: Step, position: Position): readonly Move[] {
  const { mix, owner } = step;
  const { batch } = owner;
  if (!batch) return [];
  const { from, touched } = owner.unwritten ?? { from: position, touched: [] };
  const unwritten = { from, touched: [...new Map([...touched, ...batch.touched])] };
  const next = { ...owner, phase: 'running' as const, position: batch.to, batch: undefined };
  const moves = write(step, unwritten, batch.to, next);
  return mix.putsOff ? [...moves, go(step, 'puts off the write of states', { ...next, unwritten })] : moves;
}

function write(step: Step, { from, touched }: Unwritten, to: Position, next: Owner): readonly Move[] {
  const { owner } = step;
  const made = { kind: 'write' as const, token: owner.token, from, to, touched };
  const after = { ...next, unwritten: undefined };
  const granted = { ...after, hot: put(owner.hot, touched) };
  return doubtful(step, `writes states ${show(from)} -> ${show(to)}`, made, granted, afterRefusal(step, after));
}

/** Each once. */
function usersOf(mix: Mix, from: Position, to: Position): readonly number[] {
  return [...new Set(TOPICS.flatMap((topic) => usersIn(mix, topic).slice(from[topic], to[topic])))];
}

/** Where a batch from here may end. */
function ends(mix: Mix, from: Position, end: number): readonly Position[] {
  const found: Position[] = [];
  for (let p = from.p; p <= Math.min(from.p + 1, mix.profiles.length); p += 1) {
    for (let i = from.i; i <= Math.min(from.i + mix.batch, end); i += 1) {
      if (i > from.i || p > from.p) found.push({ i, p });
    }
  }
  return found;
}

/** Interactions first. */
function reduceBatch(mix: Mix, states: ReadonlyMap<number, string>, from: Position, to: Position): Batch {
  const touched = new Map<number, string>();
  const owed: List[] = [];
  const apply = (topic: Topic, offset: number): void => {
    const user = usersIn(mix, topic)[offset];
    if (user === undefined) return;
    const state = reduce(touched.get(user) ?? states.get(user) ?? '|', topic, offset);
    if (state === undefined) return;
    touched.set(user, state);
    owed.push({ topic, offset, user, state });
  };
  for (let i = from.i; i < to.i; i += 1) apply('i', i);
  for (let p = from.p; p < to.p; p += 1) apply('p', p);
  const last = new Map(owed.map((list) => [list.user, list]));
  const lists = mix.emit === 'every-event' ? owed : owed.filter((list) => last.get(list.user) === list);
  return { to, lists, touched: [...touched] };
}
