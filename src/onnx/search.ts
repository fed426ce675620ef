/**
 * The best items without the scores of all, and yet exactly: a product of 8-bit integers, four times as fast as one of
 * floats, tells each score to within an error that Cauchy and Schwarz bound,
 *
 *   |s - s'| <= |x - x'| |e'| + |x| |e - e'|      x' and e' the codes of a state and of an item
 *
 * so whatever lies two errors below what k items reach is none of the k best. What is left, some twenty items a list, is
 * scored in floats. All in one unit, a row's state of MOST_STATE_CODE and a step of the items, in which codes are integers.
 * Where too much is left (states and items that 8 bits do not tell apart), and with further terms, the product of floats
 * says which items are scored. A score is a function of a row and an item: not of what else is in the batch.
 */
import type { GptRecShape } from '../model/shapes.js';
import { dimension, range, slice } from './attention.js';
import { bit } from './attributes.js';
import { codeProduct, MOST_STATE_CODE, ZERO } from './code-product.js';
import type { GraphBuilder, Value } from './graph.js';
import type { ItemCodes } from './item-codes.js';
import { DATA_TYPES } from './proto.js';
import { type Rules, without } from './rules.js';
import { type Best, paddedItems, UNLISTED } from './two-levels.js';

/** Items of a block: smaller than those of two levels, since all of a block is looked at for one that can be listed. */
const BLOCK = 32;
/** Longest list that is searched for: of longer ones too many items are left. */
const MOST_K = 128;
/** Items that are scored in floats, in the mean of a batch: this, and so many times k. More are dearer than the product. */
const MOST_LEFT = 256;
const MOST_LEFT_PER_K = 4;
/** Of the product's best, scored beyond the k that are asked for: it rounds otherwise. */
const SPARE = 16;
/** Of what must not be listed, in the search's units: below all sums of codes, half of it too. */
const NEVER = -(2 ** 30);
/** Floats that a sum takes at once: rows of a whole number of them add up alike, wherever they lie. */
const LANES = 16;

export interface Searched {
  readonly shape: GptRecShape;
  readonly codes: ItemCodes;
  readonly columns: number;
  /** [1, items] */
  readonly bits: Value;
  /** [B, width + columns] */
  readonly states: Value;
  readonly rules: Rules;
  readonly byProduct: (g: GraphBuilder, k: Value) => Best;
}

export function searched(g: GraphBuilder, of: Searched): Best {
  const { k } = of.rules;
  const [rows, items, isLeft] = left(g, of);
  const [best, scores] = g.choose(
    isLeft,
    (b) => bestOfLeft(b, of, rows, items, k),
    (b) => bestOfProduct(b, of, k),
  ) as [Value, Value];
  return { items: best, scores, isSearched: isLeft };
}

type Left = readonly [rows: Value, items: Value, isLeft: Value];

/** What can be among the best: rows [C] and items [C], in ascending order, and whether that is to be used. */
function left(g: GraphBuilder, of: Searched): Left {
  const { rules, shape } = of;
  const fits = g.op('LessOrEqual', [rules.k, g.ints([Math.min(wholeBlocks(shape.items), MOST_K)])]);
  const isSearched = g.op('And', [g.op('Not', [rules.hasTerms]), g.op('Squeeze', [fits])]);
  return g.choose(
    isSearched,
    (b) => {
      const { scores, reach } = roughScores(b, of);
      const never = b.op('Cast', [b.ints([NEVER])], { to: DATA_TYPES.int32 });
      return b.choose(
        rules.hasExcluded,
        (c) => withinReach(c, of, without(c, scores, rules.excluded, never), reach),
        (c) => withinReach(c, of, scores, reach),
      );
    },
    nothing,
  ) as unknown as Left;
}

/** Blocks that hold nothing but items. */
const wholeBlocks = (items: number): number => Math.floor(items / BLOCK);

const nothing = (g: GraphBuilder): Left => {
  const none = g.op('Identity', [g.ints([0])]);
  return [none, none, g.op('Cast', [g.ints([0], [])], { to: DATA_TYPES.bool })];
};

/** Scores by codes, [B, V] int32, and twice what they can be off, [B, 1] int32. */
function roughScores(g: GraphBuilder, { codes, shape, columns, states }: Searched): { scores: Value; reach: Value } {
  const { most: mostCode, step, longest, furthest } = codes;
  const size = shape.width + columns;
  const steps = Array.from({ length: size }, (_, i) => (i < shape.width ? 1 : 1 / (mostCode * step)));
  const scaled = columns > 0 ? g.op('Mul', [states, g.floats(steps)]) : states;
  const greatest = g.op('ReduceMax', [g.op('Abs', [scaled]), g.ints([1])], { keepdims: 1 });
  const unit = g.op('Div', [g.op('Max', [greatest, g.floats([1e-30], [])]), g.floats([MOST_STATE_CODE], [])]);
  const exact = g.op('Div', [scaled, unit]);
  const rounded = g.op('Round', [exact]);
  const bytes = g.op('Cast', [g.op('Add', [rounded, g.floats([ZERO], [])])], { to: DATA_TYPES.uint8 });
  const scores = codeProduct(g, bytes, codes.codes, size);
  const off = (by: Value, most: number): Value =>
    g.op('Mul', [g.op('ReduceL2', [by, g.ints([1])], { keepdims: 1 }), g.floats([2 * most], [])]);
  const reach = g.op('Add', [off(g.op('Sub', [exact, rounded]), longest), off(exact, furthest)]);
  return { scores, reach: g.op('Cast', [g.op('Ceil', [reach])], { to: DATA_TYPES.int32 }) };
}

/** What of the scores [B, V] lies within a row's reach [B, 1] of the k-th best block, whose best item is one to list. */
function withinReach(g: GraphBuilder, { shape, rules: { k } }: Searched, scores: Value, reach: Value): Left {
  const V = paddedItems(shape.items);
  const byBlock = g.op('Reshape', [scores, g.ints([-1, V / BLOCK, BLOCK])]);
  const greatest = g.op('ReduceMax', [byBlock, g.ints([2])], { keepdims: 0 });
  const whole = V === shape.items ? greatest : slice(g, greatest, 1, 0, wholeBlocks(shape.items));
  const kth = slice(g, g.ops('TopK', [whole, k], 2, { axis: 1 })[0] as Value, 1, -1, Number.MAX_SAFE_INTEGER);
  const least = g.op('Cast', [g.ints([NEVER / 2], [])], { to: DATA_TYPES.int32 });
  const limits = g.op('Max', [g.op('Sub', [kth, reach]), least]);
  const blocks = g.op('NonZero', [g.op('GreaterOrEqual', [greatest, limits])]);
  const most = g.op('Mul', [
    dimension(g, scores, 0),
    g.op('Add', [g.op('Mul', [k, g.ints([MOST_LEFT_PER_K])]), g.ints([MOST_LEFT])]),
  ]);
  const isFew = (b: GraphBuilder, pairs: Value): Value =>
    b.op('Squeeze', [b.op('LessOrEqual', [dimension(b, pairs, 1), most])]);
  return g.choose(
    isFew(g, blocks),
    (b) => {
      const [blockRows, places] = halves(b, blocks);
      const inside = b.op('GatherND', [byBlock, b.op('Transpose', [blocks], { perm: [1, 0] })]);
      const ofBlock = b.op('NonZero', [b.op('GreaterOrEqual', [inside, pick(b, limits, blockRows)])]);
      const [which, offsets] = halves(b, ofBlock);
      const items = b.op('Add', [b.op('Mul', [pick(b, places, which), b.ints([BLOCK])]), offsets]);
      return [pick(b, blockRows, which), items, isFew(b, ofBlock)];
    },
    nothing,
  ) as unknown as Left;
}

/** pairs [2, N] -> [N] and [N] */
const halves = (g: GraphBuilder, pairs: Value): [Value, Value] => {
  const [first, second] = g.ops('Split', [pairs], 2, { axis: 0, num_outputs: 2 }) as [Value, Value];
  return [g.op('Squeeze', [first, g.ints([0])]), g.op('Squeeze', [second, g.ints([0])])];
};

const pick = (g: GraphBuilder, from: Value, which: Value): Value => g.op('Gather', [from, which], { axis: 0 });

/** The best k of what is left of each row: UNLISTED where that is less. */
function bestOfLeft(g: GraphBuilder, of: Searched, rows: Value, items: Value, k: Value): [Value, Value] {
  const count = g.op('Shape', [items]);
  const B = dimension(g, of.states, 0);
  const one = g.op('Expand', [g.ints([1]), count]);
  const none = g.op('Expand', [g.ints([0]), B]);
  const ofRow = g.op('ScatterElements', [none, rows, one], { axis: 0, reduction: 'add' });
  const starts = g.op('CumSum', [ofRow, g.ints([0], [])], { exclusive: 1 });
  const places = g.op('Sub', [range(g, count), pick(g, starts, rows)]);
  const width = g.op('Max', [g.op('ReduceMax', [ofRow, g.ints([0])], { keepdims: 1 }), k]);
  const empty = g.op('Expand', [g.floats([UNLISTED]), g.op('Concat', [B, width], { axis: 0 })]);
  const upright = (value: Value): Value => g.op('Unsqueeze', [value, g.ints([1])]);
  const at = g.op('Concat', [upright(rows), upright(places)], { axis: 1 });
  const scores = g.op('ScatterND', [empty, at, exactScores(g, of, rows, items)]);
  const [best, where] = g.ops('TopK', [scores, k], 2, { axis: 1 }) as [Value, Value];
  // What is UNLISTED may name any item; there may be none at all.
  const some = g.op('Concat', [items, g.ints([0])], { axis: 0 });
  const chosen = pick(g, some, g.op('Min', [g.op('Add', [where, upright(starts)]), count]));
  return [g.op('Cast', [chosen], { to: DATA_TYPES.int32 }), best];
}

/** The best k by the product of floats, with the scores that a search would give. */
function bestOfProduct(g: GraphBuilder, of: Searched, k: Value): [Value, Value] {
  const { terms, termAmounts } = of.rules;
  const count = g.op('Min', [g.op('Add', [k, g.ints([SPARE])]), g.ints([of.shape.items])]);
  const best = of.byProduct(g, count);
  const found = g.op('Cast', [best.items], { to: DATA_TYPES.int64 });
  const [items, order] = g.ops('TopK', [found, count], 2, { axis: 1, largest: 0 }) as [Value, Value];
  const shape = g.op('Shape', [items]);
  const B = dimension(g, of.states, 0);
  const rows = g.op('Expand', [g.op('Unsqueeze', [range(g, B), g.ints([1])]), shape]);
  const flat = (value: Value): Value => g.op('Reshape', [value, g.ints([-1])]);
  const own = g.op('Reshape', [exactScores(g, of, flat(rows), flat(items)), shape]);
  const amounts = g.op('Unsqueeze', [g.op('Transpose', [termAmounts], { perm: [1, 0] }), g.ints([2])]);
  const added = g.op('Mul', [g.op('Gather', [terms, items], { axis: 1 }), amounts]);
  const sum = g.op('Add', [own, g.op('ReduceSum', [added, g.ints([0])], { keepdims: 0 })]);
  const rough = g.op('GatherElements', [best.scores, order], { axis: 1 });
  const isListed = g.op('Greater', [rough, g.floats([UNLISTED / 10], [])]);
  const [scores, where] = g.ops('TopK', [g.op('Where', [isListed, sum, g.floats([UNLISTED], [])]), k], 2, {
    axis: 1,
  }) as [Value, Value];
  const chosen = g.op('GatherElements', [items, where], { axis: 1 });
  return [g.op('Cast', [chosen], { to: DATA_TYPES.int32 }), scores];
}

/** Scores in floats of items [C] for rows [C], [C]; UNLISTED where an index is no item's. */
function exactScores(g: GraphBuilder, of: Searched, rows: Value, items: Value): Value {
  const { shape, columns, bits } = of;
  const size = Math.ceil((shape.width + columns) / LANES) * LANES;
  const states = g.op('Pad', [of.states, g.ints([0, 0, 0, size - shape.width - columns])]);
  const known = g.op('Min', [items, g.ints([shape.items - 1])]);
  const attributes = size - shape.width;
  const masks = Int32Array.from({ length: attributes }, (_, c) => (c < columns ? 1 << c : 0));
  const borne = g.op('Reshape', [g.op('Gather', [bits, known], { axis: 1 }), g.ints([-1, 1])]);
  const embeddings = pick(g, g.weight('gptrec.items'), known);
  const both =
    attributes === 0
      ? embeddings
      : g.op('Concat', [embeddings, bit(g, borne, g.table('borne_masks', masks, [1, attributes]))], { axis: 1 });
  const scores = g.op('ReduceSum', [g.op('Mul', [both, pick(g, states, rows)]), g.ints([1])], { keepdims: 0 });
  if (paddedItems(shape.items) === shape.items) return scores;
  return g.op('Where', [g.op('Equal', [known, items]), scores, g.floats([UNLISTED], [])]);
}
