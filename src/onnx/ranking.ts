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
import { DATA_TYPES } from './proto.js';

/** Items of a block. */
export const BLOCK = 128;

/** Score of what must not be listed; whatever lies below a tenth of it is cut off a list. */
export const UNLISTED = -1e30;

/** Items, and columns that are none up to a whole block. */
export const paddedItems = (items: number): number => Math.ceil(items / BLOCK) * BLOCK;

/** Best items [B, k] int32, best first, and their scores. */
export interface Ranked {
  readonly items: Value;
  readonly scores: Value;
}

/** Score terms that a graph has as columns of its own: one more costs all lists about 1 % of the product. */
export const MOST_COLUMNS = 31;

/**
 * Declares the inputs. x [B, d], the residual stream after the last block.
 * @param columns items of the attributes that score edits name: they are part of the product
 */
export function rank(g: GraphBuilder, shape: GptRecShape, columns: readonly Int32Array[], x: Value): Ranked {
  const V = paddedItems(shape.items);
  const terms = g.input('terms', 'float', ['T', V], 'what is added to the scores: an attribute, a mask');
  const amounts = g.input('term_amounts', 'float', ['R', 'T'], 'how much of each: R is B, or 1 for all rows alike');
  const hasTerms = g.input('has_terms', 'bool', [], 'whether they are added at all');
  const excluded = g.input('excluded', 'int64', ['E', 2], 'rows and items that must not be listed');
  const hasExcluded = g.input('has_excluded', 'bool', [], 'whether there are any');
  const k = g.input('k', 'int64', [1], 'length of the lists, at most the number of items');

  const all = scores(g, shape, columns, x);
  const allowed = (b: GraphBuilder): Value => {
    const count = b.op('Shape', [excluded], { start: 0, end: 1 });
    return b.op('ScatterND', [all, excluded, b.op('Expand', [b.floats([UNLISTED]), count])]);
  };
  const listed = (b: GraphBuilder, of: Value): readonly [Value, Value] => {
    const { items, scores: values } = bestOf(b, V / BLOCK, of, k);
    return [items, values];
  };
  const [items, values] = g.choose(
    hasTerms,
    (b) => listed(b, b.op('Add', [allowed(b), b.op('MatMul', [amounts, terms])])),
    (b) =>
      b.choose(
        hasExcluded,
        (c) => listed(c, allowed(c)),
        (c) => listed(c, all),
      ),
  ) as [Value, Value];
  return { items, scores: values };
}

/**
 * Scores of all items, and UNLISTED of what pads them, [B, V]: one product of what is as wide as the model, the amounts
 * of score edits, and a state that is always 1.
 */
function scores(g: GraphBuilder, { items }: GptRecShape, columns: readonly Int32Array[], x: Value): Value {
  const states = [layerNorm(g, 'gptrec.norm', x)];
  const rows = [g.op('Transpose', [g.weight('gptrec.items')], { perm: [1, 0] })];
  if (columns.length > 0) {
    states.push(g.input('score_amounts', 'float', ['B', columns.length], 'of score edits, by attribute'));
    rows.push(membership(g, items, columns));
  }
  const padding = paddedItems(items) - items;
  const pad = (value: Value, by: number): Value => g.op('Pad', [value, g.ints([0, 0, 0, padding]), g.floats([by], [])]);
  if (padding === 0) return g.op('MatMul', [joined(g, states, 1), joined(g, rows, 0)]);
  const listable = pad(g.op('ConstantOfShape', [g.ints([1, items])]), UNLISTED);
  const one = g.op('Pad', [joined(g, states, 1), g.ints([0, 0, 0, 1]), g.floats([1], [])]);
  return g.op('MatMul', [one, joined(g, [pad(joined(g, rows, 0), 0), listable], 0)]);
}

const joined = (g: GraphBuilder, parts: readonly Value[], axis: number): Value =>
  parts.length === 1 ? (parts[0] as Value) : g.op('Concat', parts, { axis });

/** 1 where an item bears an attribute, [columns, items]; kept as a bit of each item. */
function membership(g: GraphBuilder, items: number, columns: readonly Int32Array[]): Value {
  const bits = new Int32Array(items);
  for (const [c, bearers] of columns.entries()) for (const item of bearers) bits[item] = (bits[item] ?? 0) | (1 << c);
  const masks = g.table(
    'attribute_masks',
    Int32Array.from(columns, (_, c) => 1 << c),
    [columns.length, 1],
  );
  const found = g.op('BitwiseAnd', [g.table('attribute_bits', bits, [1, items]), masks]);
  return g.op('Cast', [g.op('Cast', [found], { to: DATA_TYPES.bool })], { to: DATA_TYPES.float });
}

/** all [B, blocks * BLOCK] */
export function bestOf(g: GraphBuilder, blocks: number, all: Value, k: Value): Ranked {
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
