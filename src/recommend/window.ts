/** What the model sees of a rolling sequence: its newest items that the checkpoint knows. */
import type { SequenceEntry } from '../state/user-state.js';
import type { ItemIndex } from './item-index.js';

/** At most `length` item indexes, oldest first. The cut comes first: items unknown to the checkpoint drop out after it. */
export function windowOf(
  sequence: readonly SequenceEntry[],
  index: Pick<ItemIndex, 'itemIndex'>,
  length: number,
): Int32Array {
  const known: number[] = [];
  for (const { itemId } of sequence.slice(-length)) {
    const item = index.itemIndex(itemId);
    if (item !== undefined) known.push(item);
  }
  return Int32Array.from(known);
}
