/**
 * Attention, of whole windows and of one new position over those before it. Letters: B windows, L or P positions, d
 * width, h heads.
 */
import type { GraphBuilder, Value } from './graph.js';
import type { Qkv } from './layers.js';

/** Added where a position may not look: as good as minus infinity, and no NaN where nothing is left. */
const FORBIDDEN = -1e9;

/** The heads of a model. */
export interface Heads {
  readonly heads: number;
  readonly width: number;
}

/** Every position to itself and those before it. q, k, v [B, L, d], mask [L, L] -> [B, L, d]. */
export function attendWindow(g: GraphBuilder, of: Heads, { q, k, v }: Qkv, mask: Value): Value {
  const queries = g.op('Mul', [byHead(g, of, q), scale(g, of)]);
  const logits = g.op('MatMul', [queries, g.op('Transpose', [byHead(g, of, k)], { perm: [0, 1, 3, 2] })]);
  const weights = g.op('Softmax', [g.op('Add', [logits, mask])], { axis: -1 });
  const attended = g.op('MatMul', [weights, byHead(g, of, v)]);
  return g.op('Reshape', [g.op('Transpose', [attended], { perm: [0, 2, 1, 3] }), g.ints([0, 0, of.width])]);
}

/** x [B, L, d] -> [B, h, L, d/h] */
export const byHead = (g: GraphBuilder, { heads, width }: Heads, x: Value): Value =>
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

/** Keys and values of the positions before a new one, [B, h, P, d/h] each. */
export interface Past {
  readonly keys: Value;
  readonly values: Value;
}

/**
 * New positions to those before them and to themselves, not to each other: n of each row, which differ by how they are
 * steered. q, k, v [n * B, d], the first of all rows first; mask [B, 1, 1, P] -> [n * B, d].
 */
export function attendPast(g: GraphBuilder, of: Heads, { q, k, v }: Qkv, n: number, past: Past, mask: Value): Value {
  const { heads, width } = of;
  const size = width / heads;
  // [n * B, d] and [B, h, n, d/h]: where n is 1 the order is the same.
  const split = (x: Value): Value =>
    n === 1
      ? g.op('Reshape', [x, g.ints([-1, heads, 1, size])])
      : g.op('Transpose', [g.op('Reshape', [x, g.ints([n, -1, heads, size])])], { perm: [1, 2, 0, 3] });
  const joined = (x: Value): Value =>
    g.op('Reshape', [n === 1 ? x : g.op('Transpose', [x], { perm: [2, 0, 1, 3] }), g.ints([-1, width])]);
  const queries = g.op('Mul', [split(q), scale(g, of)]);
  const before = g.op('MatMul', [queries, g.op('Transpose', [past.keys], { perm: [0, 1, 3, 2] })]);
  const itself = g.op('ReduceSum', [g.op('Mul', [queries, split(k)]), g.ints([3])], { keepdims: 1 });
  const logits = g.op('Concat', [itself, g.op('Add', [before, mask])], { axis: 3 });
  const weights = g.op('Softmax', [logits], { axis: 3 });
  const [own, others] = [slice(g, weights, 3, 0, 1), slice(g, weights, 3, 1, Number.MAX_SAFE_INTEGER)];
  const attended = g.op('Add', [g.op('MatMul', [others, past.values]), g.op('Mul', [own, split(v)])]);
  return joined(attended);
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
