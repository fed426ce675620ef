/**
 * Attention, of whole windows and of one new position over those before it. Letters: B windows, L or P positions, d
 * width, h heads, s = d / h.
 *
 * What a position gives to later ones is kept as what the block's attention reads there, y [d] (its LayerNorm's output),
 * and not as its keys and values, which are products with y: half of the memory that has to be read for a list. A new
 * position attends to y itself, with the products drawn to its own side,
 *
 *   q_h . k_h = (y W_q + b_q)_h W_k,h^T . y' + (what is the same for all y', and no matter of a softmax)
 *   out       = sum_h (sum_i w_hi y'_i) W_v,h W_o,h + b_v W_o + b_o      since the weights of a head add up to 1
 *
 * as in DeepSeek-V2's latent attention (arXiv 2405.04434, section 2.1.2). W_q,h W_k,h^T and W_v,h W_o,h are constants.
 */
import type { GraphBuilder, Value } from './graph.js';
import { blockName, linear, queriesKeysValues } from './layers.js';

/** Added where a position may not look: as good as minus infinity, and no NaN where nothing is left. */
const FORBIDDEN = -1e9;

/** The heads of a model. */
export interface Heads {
  readonly heads: number;
  readonly width: number;
}

/** Every position to itself and those before it. y [B, L, d] what they read, mask [L, L] -> what attention adds, [B, L, d]. */
export function attendWindow(g: GraphBuilder, of: Heads, layer: number, y: Value, mask: Value): Value {
  const { q, k, v } = queriesKeysValues(g, layer, y);
  const queries = g.op('Mul', [byHead(g, of, q), scale(g, of)]);
  const logits = g.op('MatMul', [queries, g.op('Transpose', [byHead(g, of, k)], { perm: [0, 1, 3, 2] })]);
  const weights = g.op('Softmax', [g.op('Add', [logits, mask])], { axis: -1 });
  const attended = g.op('MatMul', [weights, byHead(g, of, v)]);
  const joined = g.op('Reshape', [g.op('Transpose', [attended], { perm: [0, 2, 1, 3] }), g.ints([0, 0, of.width])]);
  return linear(g, `${blockName(layer)}.out`, joined);
}

/** x [B, L, d] -> [B, h, L, s] */
const byHead = (g: GraphBuilder, { heads, width }: Heads, x: Value): Value =>
  g.op('Transpose', [g.op('Reshape', [x, g.ints([0, 0, heads, width / heads])])], { perm: [0, 2, 1, 3] });

const scale = (g: GraphBuilder, { heads, width }: Heads): Value => g.floats([Math.sqrt(heads / width)], []);

/** [L, L]: 0 where a position may look. L [1] */
export function causalMask(g: GraphBuilder, L: Value): Value {
  const positions = range(g, L);
  const isAhead = g.op('Greater', [
    g.op('Unsqueeze', [positions, g.ints([0])]),
    g.op('Unsqueeze', [positions, g.ints([1])]),
  ]);
  return g.op('Where', [isAhead, g.floats([FORBIDDEN], []), g.floats([0], [])]);
}

/** [B, 1, 1, P]: 0 at the first `count` positions. count [B] int64; P [1]. */
export function pastMask(g: GraphBuilder, P: Value, count: Value): Value {
  const isBefore = g.op('Less', [range(g, P), g.op('Unsqueeze', [count, g.ints([1, 2, 3])])]);
  return g.op('Where', [isBefore, g.floats([0], []), g.floats([FORBIDDEN], [])]);
}

/** What came before new positions: past [B, P, d], what attention of a block read there; mask [B, 1, 1, P]. */
export interface Past {
  readonly past: Value;
  readonly mask: Value;
}

/**
 * New positions to those before them and to themselves, not to each other: n of each row, which differ by how they are
 * steered. y [B n, d], what they read -> what attention adds, [B n, d].
 */
export function attendPast(g: GraphBuilder, of: Heads, layer: number, n: number, y: Value, before: Past): Value {
  const { past, mask } = before;
  const { heads, width } = of;
  const { asking, answering } = absorbed(g, of, layer);
  const shaped = (x: Value, ...shape: number[]): Value => g.op('Reshape', [x, g.ints([-1, ...shape])]);
  // One query a product: of several ONNX Runtime copies the past first, which is dearer than to read it again.
  const one = (x: Value, size: number): Value => shaped(x, n * heads, 1, size);
  const queries = g.op('Add', [g.op('MatMul', [y, asking.weight]), asking.bias]);
  const own = g.op('Unsqueeze', [y, g.ints([1])]);
  const itself = g.op('ReduceSum', [g.op('Mul', [shaped(queries, heads, width), own]), g.ints([2])]);
  const forEach = g.op('Unsqueeze', [past, g.ints([1])]);
  const earlier = g.op('MatMul', [one(queries, width), g.op('Transpose', [forEach], { perm: [0, 1, 3, 2] })]);
  const logits = g.op('Concat', [one(itself, 1), g.op('Add', [earlier, mask])], { axis: 3 });
  const weights = g.op('Softmax', [logits], { axis: 3 });
  const others = g.op('MatMul', [slice(g, weights, 3, 1, Number.MAX_SAFE_INTEGER), forEach]);
  const toItself = g.op('Mul', [shaped(slice(g, weights, 3, 0, 1), heads, 1), own]);
  const attended = g.op('Add', [shaped(others, heads * width), shaped(toItself, heads * width)]);
  return g.op('Add', [g.op('MatMul', [attended, answering.weight]), answering.bias]);
}

interface Linear {
  readonly weight: Value;
  readonly bias: Value;
}

/** W_q,h W_k,h^T [d, h * d], scaled, and W_v,h W_o,h [h * d, d]: made once, where a graph is opened. */
function absorbed(g: GraphBuilder, of: Heads, layer: number): { readonly asking: Linear; readonly answering: Linear } {
  const { heads, width } = of;
  const block = blockName(layer);
  const parts = (name: string, axis: number): readonly Value[] =>
    g.ops('Split', [g.weight(`${block}.qkv.${name}`)], 3, { axis, num_outputs: 3 });
  // [rows, d] -> [h, rows, s]
  const split = (x: Value): Value =>
    g.op('Transpose', [g.op('Reshape', [x, g.ints([-1, heads, width / heads])])], { perm: [1, 0, 2] });
  const [q, k, v] = parts('weight', 1).map(split) as [Value, Value, Value];
  const [qBias, , vBias] = parts('bias', 0) as [Value, Value, Value];
  const keys = g.op('Mul', [g.op('Transpose', [k], { perm: [0, 2, 1] }), scale(g, of)]);
  // [h, rows, d] -> [rows, h * d]
  const beside = (x: Value): Value =>
    g.op('Reshape', [g.op('Transpose', [x], { perm: [1, 0, 2] }), g.ints([-1, heads * width])]);
  const out = g.weight(`${block}.out.weight`);
  const outByHead = g.op('Reshape', [out, g.ints([heads, width / heads, width])]);
  return {
    asking: {
      weight: beside(g.op('MatMul', [q, keys])),
      bias: beside(g.op('MatMul', [split(qBias), keys])),
    },
    answering: {
      weight: g.op('Reshape', [g.op('MatMul', [v, outByHead]), g.ints([heads * width, width])]),
      bias: g.op('Add', [g.op('MatMul', [vBias, out]), g.weight(`${block}.out.bias`)]),
    },
  };
}

/** x[.., start:end, ..] along an axis. */
export const slice = (g: GraphBuilder, x: Value, axis: number, start: number, end: number): Value =>
  g.op('Slice', [x, g.ints([start]), g.ints([end]), g.ints([axis])]);

/** The size of x along an axis, [1] int64. */
export const dimension = (g: GraphBuilder, x: Value, axis: number): Value =>
  g.op('Shape', [x], { start: axis, end: axis + 1 });

/** 0, 1, .. up to a size [1] int64. */
export const range = (g: GraphBuilder, size: Value): Value =>
  g.op('Range', [g.ints([0], []), g.op('Squeeze', [size]), g.ints([1], [])]);
