/**
 * How many records the next batch of a task may have: as many as their work, reading, reducing and recommending, fits
 * into a time bound, and no more than a size bound. Pure.
 *
 * What does not grow with the records (the commit, the write, the wait for the engine) is no part of that time: where
 * it is slow, smaller batches would make all of it slower still.
 */

export interface LimitBounds {
  /** Most records of a batch. */
  readonly records: number;
  /** Time that the work of a batch should stay within. */
  readonly ms: number;
}

/** What a batch was, and how long its work took. */
export interface BatchLoad {
  readonly records: number;
  readonly ms: number;
}

const FIRST = 64;

/** Begins small: nothing is known of the engine yet. */
export function firstLimit(bounds: LimitBounds): number {
  return Math.min(FIRST, bounds.records);
}

/**
 * Grows after a full batch that stayed within the bound, shrinks after one that did not; twofold at most, so that one
 * hiccup does not decide. Always a whole number from 1 to `bounds.records`.
 */
export function nextLimit(limit: number, { records, ms }: BatchLoad, bounds: LimitBounds): number {
  // What takes long without records is not their work.
  if (records === 0) return limit;
  const fitting = Math.floor((records * bounds.ms) / ms);
  if (ms > bounds.ms) return Math.max(fitting, Math.ceil(limit / 2));
  if (records < limit) return limit;
  // By one at least: a cost that every batch has would else hold a small limit down.
  return Math.min(bounds.records, Math.max(limit + 1, Math.min(fitting, limit * 2)));
}
