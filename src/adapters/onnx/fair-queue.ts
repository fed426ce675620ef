/**
 * What waits for a worker, and what makes the next batch.
 *
 * A batch is of one kind: steps, or whole windows, which cost by their positions and are batched by them. Interactive
 * requests go first, but take no more than half of a batch that stream requests could share; where the two want different
 * kinds, they lead batches in turn. So one interactive request is in the next batch, or in the one after it, however many
 * stream requests wait, and a flood of interactive ones leaves the stream half.
 */
import type { Urgency } from '../../ports/engine.js';
import { Fifo } from './fifo.js';

export type Kind = 'step' | 'window';

export interface Waiting {
  readonly urgency: Urgency;
  readonly kind: Kind;
  /** Positions to compute, each as long as the longest window of its batch. */
  readonly positions: number;
  /** When it began to wait, in any unit that rises. */
  readonly since: number;
}

export class FairQueue<T extends Waiting> {
  readonly #queues = {
    interactive: { step: new Fifo<T>(), window: new Fifo<T>() },
    stream: { step: new Fifo<T>(), window: new Fifo<T>() },
  };
  #led: Urgency = 'stream';

  push(one: T): void {
    this.#queues[one.urgency][one.kind].push(one);
  }

  count(urgency: Urgency): number {
    const { step, window } = this.#queues[urgency];
    return step.length + window.length;
  }

  countOf(kind: Kind): number {
    return this.#queues.interactive[kind].length + this.#queues.stream[kind].length;
  }

  /**
   * Empty where nothing waits. A batch has one request at least.
   * @param room most requests of a batch, or for whole windows most positions
   */
  next(room: (kind: Kind) => number): readonly T[] {
    const lead = this.#leader();
    if (lead === undefined) return [];
    this.#led = lead;
    const { step, window } = this.#queues[lead];
    const kind: Kind = (step.first?.since ?? Infinity) <= (window.first?.since ?? Infinity) ? 'step' : 'window';
    const { [kind]: first } = this.#queues.interactive;
    const { [kind]: second } = this.#queues.stream;
    const batch = new Filling<T>(kind, room(kind));
    batch.add(this.#queues[lead][kind].shift());
    while (first.first && batch.takes(first.first, second.length > 0 ? 0.5 : 1)) batch.add(first.shift());
    while (second.first && batch.takes(second.first, 1)) batch.add(second.shift());
    while (first.first && batch.takes(first.first, 1)) batch.add(first.shift());
    return batch.requests;
  }

  /** All that waits; nothing does afterwards. */
  drain(): T[] {
    const all: T[] = [];
    for (const { step, window } of Object.values(this.#queues))
      for (const queue of [step, window]) for (let one = queue.shift(); one; one = queue.shift()) all.push(one);
    return all;
  }

  #leader(): Urgency | undefined {
    const [interactive, stream] = [this.count('interactive') > 0, this.count('stream') > 0];
    if (interactive && stream) return this.#led === 'stream' ? 'interactive' : 'stream';
    if (interactive) return 'interactive';
    return stream ? 'stream' : undefined;
  }
}

/** A batch that is being made. */
class Filling<T extends Waiting> {
  readonly requests: T[] = [];
  #longest = 0;

  constructor(
    private readonly kind: Kind,
    private readonly room: number,
  ) {}

  /** Whether there is room for it in this share of the whole. */
  takes(one: T, share: number): boolean {
    if (this.requests.length === 0) return true;
    const width = this.kind === 'step' ? 1 : Math.max(this.#longest, one.positions);
    return (this.requests.length + 1) * width <= this.room * share;
  }

  add(one: T | undefined): void {
    if (one === undefined) return;
    this.requests.push(one);
    this.#longest = Math.max(this.#longest, one.positions);
  }
}
