/**
 * From states to the best items, exactly, in two levels: the greatest score of every block of items, then only the k
 * best blocks. Whatever is among the k best lies in one of them, since each of the others has k blocks before it that
 * each hold an item as good. Equal scores go by lower index, among blocks and, since those stay in ascending order,
 * among items.
 */
import type { GptRecShape } from '../model/shapes.js';
import { dimension } from './attention.js';
import type { GraphBuilder, Value } from './graph.js';
import { layerNorm } from './layers.js';

/** Items of a block. */
export const BLOCK = 128;

/** Score of what must not be listed; whatever lies below a tenth of it is cut off a list. */
export const UNLISTED = -1e30;

/** Items, and columns that are none up to a whole block. */
export const paddedItems = (items: number): number => Math.ceil(items / BLOCK) * BLOCK;

/** Declares the inputs. x [B, d], the residual stream after the last block -> best items [B, k] int32, their scores. */
export function rank(g: GraphBuilder, { items, width }: GptRecShape, x: Value): { items: Value; scores: Value } {
  const V = paddedItems(items);
  const terms = g.input('terms', 'float', ['T', V], 'what is added to the scores: an attribute, a mask');
  const amounts = g.input('term_amounts', 'float', ['B', 'T'], 'how much of each');
  const excluded = g.input('excluded', 'int32', ['E'], 'what a row must not list: row * V + item');
  const k = g.input('k', 'int64', [1], 'length of the lists, at most the number of items');

  const table = g.op('Transpose', [g.weight('gptrec.items')], { perm: [1, 0] });
  const pad = (value: Value, rows: number): Value =>
    V === items ? value : g.op('Pad', [value, g.ints([0, 0, 0, V - items]), g.floats([rows === 1 ? UNLISTED : 0], [])]);
  const listable = pad(g.op('ConstantOfShape', [g.ints([1, items])]), 1);
  const columns = g.op('Concat', [pad(table, width), listable], { axis: 0 });
  const states = g.op('Pad', [layerNorm(g, 'gptrec.norm', x), g.ints([0, 0, 0, 1]), g.floats([1], [])]);
  const scores = g.op('Gemm', [amounts, terms, g.op('MatMul', [states, columns])]);
  const flat = g.op('Reshape', [scores, g.ints([-1])]);
  const unlisted = g.op('Expand', [g.floats([UNLISTED]), g.op('Shape', [excluded])]);
  return best(g, V / BLOCK, g.op('ScatterElements', [flat, excluded, unlisted], { axis: 0 }), k);
}

/** scores [B * blocks * BLOCK] */
function best(g: GraphBuilder, blocks: number, scores: Value, k: Value): { items: Value; scores: Value } {
  const byBlock = g.op('Reshape', [scores, g.ints([-1, blocks, BLOCK])]);
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
  return { items: g.op('Cast', [g.op('Add', [first, offset])], { to: 6 }), scores: values };
}
