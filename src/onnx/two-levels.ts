/**
 * From scores to the best items, exactly, in two levels: the greatest score of every block of items, then only the k
 * best blocks. Whatever is among the k best lies in one of them, since each of the others has k blocks before it that
 * each hold an item as good. Equal scores go by lower index, among blocks and, since those stay in ascending order,
 * among items.
 */
import { dimension } from './attention.js';
import type { GraphBuilder, Value } from './graph.js';
import { DATA_TYPES } from './proto.js';

/** Items of a block. */
export const BLOCK = 128;

/** Score of what must not be listed; whatever lies below a tenth of it is cut off a list. */
export const UNLISTED = -1e30;

/** Items, and columns that are none up to a whole block. */
export const paddedItems = (items: number): number => Math.ceil(items / BLOCK) * BLOCK;

/** Best items [B, k] int32, best first, and their scores. */
export interface Best {
  readonly items: Value;
  readonly scores: Value;
  /** Where they are searched for: bool, whether that sufficed. */
  readonly isSearched?: Value;
}

/** all [B, blocks * BLOCK] */
export function bestOf(g: GraphBuilder, blocks: number, all: Value, k: Value): Best {
  const byBlock = g.op('Reshape', [all, g.ints([-1, blocks, BLOCK])]);
  const greatest = g.op('ReduceMax', [byBlock, g.ints([2])], { keepdims: 0 });
  const count = g.op('Min', [k, g.ints([blocks])]);
  const bestBlocks = g.ops('TopK', [greatest, count], 2, { axis: 1 })[1] as Value;
  const ascending = g.ops('TopK', [bestBlocks, count], 2, { axis: 1, largest: 0 })[0] as Value;
  const where = g.op('Unsqueeze', [ascending, g.ints([2])]);
  const gathered = g.op('GatherND', [byBlock, where], { batch_dims: 1 });
  const candidates = g.op('Reshape', [
    gathered,
    g.op('Concat', [dimension(g, byBlock, 0), g.op('Mul', [count, g.ints([BLOCK])])], { axis: 0 }),
  ]);
  const [values, places] = g.ops('TopK', [candidates, k], 2, { axis: 1 }) as [Value, Value];
  const size = g.ints([BLOCK]);
  const block = g.op('Div', [places, size]);
  const offset = g.op('Sub', [places, g.op('Mul', [block, size])]);
  const first = g.op('Mul', [g.op('GatherElements', [ascending, block], { axis: 1 }), size]);
  return { items: g.op('Cast', [g.op('Add', [first, offset])], { to: DATA_TYPES.int32 }), scores: values };
}
