/** A checkpoint's items and attributes by name: made once when it is loaded. */
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { atOnce, type Pieces, stretches } from '../ops/pieces.js';
import type { Piece } from '../state/entry-list.js';

/** Index of an item that the checkpoint does not know, among those of others. */
export const UNKNOWN = -1;

export interface ItemIndex {
  /** Items of the checkpoint. */
  readonly size: number;
  /** Undefined for an item that the checkpoint does not know. */
  itemIndex(itemId: string): number | undefined;
  /**
   * Indexes of a piece's items, by entry; UNKNOWN where there is none. They are kept with the piece, since a history comes
   * again with every event: then the new entry alone is looked up.
   */
  indexesOf(piece: Piece): readonly number[];
  itemId(index: number): string;
  attributeIndex(attribute: string): number | undefined;
  /** Whether an item bears an attribute. */
  bears(item: number, attribute: number): boolean;
}

type Indexed = Pick<Checkpoint, 'vocabulary' | 'attributes'>;

export const createItemIndex = (checkpoint: Indexed): ItemIndex => atOnce(indexing(checkpoint));

/** Names of a piece of work. */
const PIECE = 2 ** 14;

export function* indexing({ vocabulary, attributes }: Indexed): Pieces<ItemIndex> {
  const items = new Map<string, number>();
  for (const [from, to] of stretches(vocabulary.items.length, PIECE)) {
    for (let index = from; index < to; index += 1) items.set(vocabulary.items[index] ?? '', index);
    yield;
  }
  const names = new Map(attributes.names.map((name, index) => [name, index]));
  // Not the index itself: pieces outlive a checkpoint, and would keep it in memory.
  const mark = {};
  return {
    size: vocabulary.items.length,
    itemIndex: (itemId) => items.get(itemId),
    indexesOf(piece) {
      if (piece.numbers?.by !== mark) piece.numbers = { by: mark, of: [] };
      const { of } = piece.numbers;
      for (let i = of.length; i < piece.length; i += 1) of.push(items.get(piece.itemIds[i] ?? '') ?? UNKNOWN);
      return of;
    },
    itemId: (index) => {
      const itemId = vocabulary.items[index];
      if (itemId === undefined) throw new Error(`item index ${index} is beyond the vocabulary`);
      return itemId;
    },
    attributeIndex: (attribute) => names.get(attribute),
    bears: (item, attribute) => has(attributes.items[attribute] ?? NONE, item),
  };
}

const NONE = new Int32Array();

/** @param items ascending */
function has(items: Int32Array, item: number): boolean {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle] ?? 0) < item) low = middle + 1;
    else high = middle;
  }
  return items[low] === item;
}
