/** Attention, of whole windows and of one new position over those before it. Letters: B windows, L or P positions, d width, h heads. */
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
export function attendWindow(g: GraphBuilder, { heads, width }: Heads, { q, k, v }: Qkv, mask: Value): Value {
  const perHead = width / heads;
  const split = (x: Value, order: readonly number[]): Value =>
    g.op('Transpose', [g.op('Reshape', [x, g.ints([0, 0, heads, perHead])])], { perm: order });
  const scaled = g.op('Mul', [q, g.floats([1 / Math.sqrt(perHead)], [])]);
  const logits = g.op('MatMul', [split(scaled, [0, 2, 1, 3]), split(k, [0, 2, 3, 1])]);
  const weights = g.op('Softmax', [g.op('Add', [logits, mask])], { axis: -1 });
  const attended = g.op('MatMul', [weights, split(v, [0, 2, 1, 3])]);
  return g.op('Reshape', [g.op('Transpose', [attended], { perm: [0, 2, 1, 3] }), g.ints([0, 0, width])]);
}

/** [L, L]: 0 where a position may look. x [B, L, ..] has as many. */
export function causalMask(g: GraphBuilder, x: Value): Value {
  const positions = range(g, dimension(g, x, 1));
  const isAhead = g.op('Greater', [
    g.op('Unsqueeze', [positions, g.ints([0])]),
    g.op('Unsqueeze', [positions, g.ints([1])]),
  ]);
  return g.op('Where', [isAhead, g.floats([FORBIDDEN], []), g.floats([0], [])]);
}

/** [B, 1, P]: 0 at the first `count` positions. count [B] int64; past [B, P, ..]. */
export function pastMask(g: GraphBuilder, past: Value, count: Value): Value {
  const isBefore = g.op('Less', [range(g, dimension(g, past, 1)), g.op('Unsqueeze', [count, g.ints([1, 2])])]);
  return g.op('Where', [isBefore, g.floats([0], []), g.floats([FORBIDDEN], [])]);
}

/**
 * A new position to those before it and to itself. q, k, v [B, d]; past keys and values [B, P, d]; mask [B, 1, P] ->
 * [B, d]. The queries of the heads are laid out as [B, h, d], each zero but for its own head's part, so that keys and
 * values are used as they lie: h times the products, and no copy of the cache.
 */
export function attendPast(
  g: GraphBuilder,
  { heads, width }: Heads,
  { q, k, v }: Qkv,
  past: { readonly keys: Value; readonly values: Value },
  mask: Value,
): Value {
  const perHead = width / heads;
  const ofHead = (value: number): Value => {
    const rows = Array.from({ length: heads * width }, (_, i) =>
      Math.floor((i % width) / perHead) === Math.floor(i / width) ? value : 0,
    );
    return g.floats(rows, [heads, width]);
  };
  const row = (x: Value): Value => g.op('Unsqueeze', [x, g.ints([1])]);
  const queries = g.op('Mul', [row(q), ofHead(1 / Math.sqrt(perHead))]);
  const before = g.op('Add', [g.op('MatMul', [queries, g.op('Transpose', [past.keys], { perm: [0, 2, 1] })]), mask]);
  const itself = g.op('ReduceSum', [g.op('Mul', [queries, row(k)]), g.ints([2])], { keepdims: 1 });
  const weights = g.op('Softmax', [g.op('Concat', [itself, before], { axis: 2 })], { axis: 2 });
  const [own, others] = [slice(g, weights, 2, 0, 1), slice(g, weights, 2, 1, Number.MAX_SAFE_INTEGER)];
  const attended = g.op('Add', [g.op('MatMul', [others, past.values]), g.op('Mul', [own, row(v)])]);
  return g.op('ReduceSum', [g.op('Mul', [attended, ofHead(1)]), g.ints([1])], { keepdims: 0 });
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
