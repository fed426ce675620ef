/** What the model sees of a rolling sequence: its newest items that the checkpoint knows. */
import type { EntryList } from '../state/entry-list.js';
import type { ItemIndex } from './item-index.js';

/** At most `length` item indexes, oldest first. The cut comes first: items unknown to the checkpoint drop out after it. */
export function windowOf(sequence: EntryList, index: Pick<ItemIndex, 'itemIndex'>, length: number): Int32Array {
  const known: number[] = [];
  for (const { itemId } of sequence.newest(length)) {
    const item = index.itemIndex(itemId);
    if (item !== undefined) known.push(item);
  }
  return Int32Array.from(known);
}
