/**
 * What the model sees of a rolling sequence. Windows slide in chunks: the start is a function of the count of accepted
 * interactions alone, so that within a chunk each window is the one before and an item, every item keeps its learned
 * absolute position, and any instance computes the same list, with what it kept of the user or without.
 *
 *   accepted, of a window of 8 and a step of 2:   ... [0, 7)  [0, 8)  [2, 9)  [2, 10)  [4, 11)  [4, 12)  ...
 */
import type { History } from '../state/user-state.js';
import { type ItemIndex, UNKNOWN } from './item-index.js';

/** Interactions by which a window's start moves on: a quarter of the window (docs/adr/0013-serving-engine.md). */
export const chunkStep = (window: number): number => Math.ceil(window / 4);

/** The newest of `accepted` interactions that are in the window: all up to `window`, then `window - step + 1` to `window`. */
export function windowLength(accepted: number, window: number, step = chunkStep(window)): number {
  if (accepted <= window) return accepted;
  return accepted - Math.ceil((accepted - window) / step) * step;
}

/**
 * At most `window` item indexes, oldest first. The cut comes first: items unknown to the checkpoint drop out after it, and
 * so do those that an erase took from the sequence; both only ever come before what stays.
 * @param window no more than the interactions that a sequence keeps, or its start would move with each of them
 */
export function windowOf(
  { accepted, sequence }: Pick<History, 'accepted' | 'sequence'>,
  index: Pick<ItemIndex, 'indexesOf'>,
  window: number,
): Int32Array {
  const known: number[] = [];
  for (const { piece, from, to } of sequence.newest(windowLength(accepted, window)).stretches) {
    const indexes = index.indexesOf(piece);
    for (let i = from; i < to; i += 1) {
      const item = indexes[i] ?? UNKNOWN;
      if (item !== UNKNOWN) known.push(item);
    }
  }
  return Int32Array.from(known);
}
