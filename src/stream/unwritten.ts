/**
 * States of committed batches that the store does not have yet. While more records wait, the write after a batch is put
 * off and becomes one with that of the next ones: a user who comes again meanwhile is encoded and written once, and the
 * next batch need not wait for it. Nothing else changes: the marker stays where the store has it, the fenced write covers
 * what lies between it and the position, and whoever takes the task heals from the marker, as after a crash between commit
 * and write.
 */
import type { Position } from '../ports/log.js';
import type { UserState } from '../state/user-state.js';

/** So many batches are written at once, at most: what is read from the store lags behind by no more. */
export const MOST_BATCHES = 16;
/** Nor do more states wait than these, or than are kept hot, and those of one batch: that bounds memory, and the write. */
export const PUT_OFF_STATES = 1000;
/** Records are taken to be waiting for so long after the last ones came, ms: most of a stream come in between. */
export const LINGER_MS = 10;

export class Unwritten {
  readonly #states = new Map<string, UserState>();
  #marker: Position;
  #position: Position;
  #batches = 0;

  constructor(
    marker: Position,
    private readonly hotStates: number,
  ) {
    this.#marker = marker;
    this.#position = marker;
  }

  /** What the stored states reflect. */
  get marker(): Position {
    return this.#marker;
  }

  /** What they and these reflect together. */
  get position(): Position {
    return this.#position;
  }

  get states(): ReadonlyMap<string, UserState> {
    return this.#states;
  }

  get isEmpty(): boolean {
    return this.#batches === 0;
  }

  get isDue(): boolean {
    return this.#batches >= MOST_BATCHES || this.#states.size > Math.max(PUT_OFF_STATES, this.hotStates);
  }

  /** A batch is committed up to `to`. */
  add(states: ReadonlyMap<string, UserState>, to: Position): void {
    for (const [user, state] of states) this.#states.set(user, state);
    this.#position = to;
    this.#batches += 1;
  }

  /** The store has them. */
  written(): void {
    this.#states.clear();
    this.#marker = this.#position;
    this.#batches = 0;
  }
}
