/**
 * From states to the best items: by the product with all of them, or, where there are codes, by a search in 8 bits that
 * gives the same lists (search.ts).
 */
import type { GptRecShape } from '../model/shapes.js';
import { attributeBits, membership } from './attributes.js';
import type { GraphBuilder, Value } from './graph.js';
import type { ItemCodes } from './item-codes.js';
import { layerNorm } from './layers.js';
import { declareRules, type Rules, without } from './rules.js';
import { searched } from './search.js';
import { type Best, BLOCK, bestOf, paddedItems, UNLISTED } from './two-levels.js';

/** With what every item's embedding was multiplied by, [B, d]. */
export interface Ranked extends Best {
  readonly query: Value;
}

/** Score terms that a graph has as columns of its own: one more costs all lists about 1 % of the product. */
export const MOST_COLUMNS = 31;

export interface Catalogue {
  readonly shape: GptRecShape;
  /** Items of each attribute that score edits name: they are part of the product. At most MOST_COLUMNS. */
  readonly columns: readonly Int32Array[];
  /** Lists are searched for with them. */
  readonly codes?: ItemCodes;
}

/** Declares the inputs. x [B, d], the residual stream after the last block. */
export function rank(g: GraphBuilder, catalogue: Catalogue, x: Value): Ranked {
  const { columns } = catalogue;
  const query = layerNorm(g, 'gptrec.norm', x);
  if (columns.length === 0) return { ...bestItems(g, catalogue, query), query };
  const amounts = g.input('score_amounts', 'float', ['B', columns.length], 'of score edits, by attribute');
  return { ...bestItems(g, catalogue, joined(g, [query, amounts], 1)), query };
}

/** Declares the inputs of rules. states [B, width + columns] */
export function bestItems(g: GraphBuilder, catalogue: Catalogue, states: Value): Best {
  const { shape, columns, codes } = catalogue;
  const rules = declareRules(g, paddedItems(shape.items));
  const bits = attributeBits(g, shape.items, columns);
  const table = itemTable(g, catalogue, bits);
  const byProduct = (b: GraphBuilder, k: Value): Best => bestByProduct(b, catalogue, rules, states, table, k);
  if (codes === undefined) return byProduct(g, rules.k);
  return searched(g, { shape, codes, columns: columns.length, bits, states, rules, byProduct });
}

/** The k best of the scores of all items; UNLISTED are those that pad them. */
function bestByProduct(
  g: GraphBuilder,
  { shape: { items } }: Catalogue,
  { terms, termAmounts, hasTerms, excluded, hasExcluded }: Rules,
  states: Value,
  table: Value,
  k: Value,
): Best {
  const V = paddedItems(items);
  const one = V === items ? states : g.op('Pad', [states, g.ints([0, 0, 0, 1]), g.floats([1], [])]);
  const all = g.op('MatMul', [one, table]);
  const allowed = (b: GraphBuilder): Value => without(b, all, excluded, b.floats([UNLISTED]));
  const listed = (b: GraphBuilder, of: Value): readonly [Value, Value] => {
    const best = bestOf(b, V / BLOCK, of, k);
    return [best.items, best.scores];
  };
  const [best, scores] = g.choose(
    hasTerms,
    (b) => listed(b, b.op('Add', [allowed(b), b.op('MatMul', [termAmounts, terms])])),
    (b) =>
      b.choose(
        hasExcluded,
        (c) => listed(c, allowed(c)),
        (c) => listed(c, all),
      ),
  ) as [Value, Value];
  return { items: best, scores };
}

/** What states, amounts of score edits and, for what pads the items, a state that is always 1 are multiplied by. */
function itemTable(g: GraphBuilder, { shape: { items }, columns }: Catalogue, bits: Value): Value {
  const embeddings = g.op('Transpose', [g.weight('gptrec.items')], { perm: [1, 0] });
  const rows = columns.length === 0 ? embeddings : joined(g, [embeddings, membership(g, columns.length, bits)], 0);
  const padding = paddedItems(items) - items;
  if (padding === 0) return rows;
  const pad = (value: Value, by: number): Value => g.op('Pad', [value, g.ints([0, 0, 0, padding]), g.floats([by], [])]);
  return joined(g, [pad(rows, 0), pad(g.op('ConstantOfShape', [g.ints([1, items])]), UNLISTED)], 0);
}

const joined = (g: GraphBuilder, parts: readonly Value[], axis: number): Value => g.op('Concat', parts, { axis });
