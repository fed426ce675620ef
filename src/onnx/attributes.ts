/** Which item bears which attribute, as a bit of each item. */
import type { GraphBuilder, Value } from './graph.js';
import { DATA_TYPES } from './proto.js';

/** [1, items]: bit c of an item says that it bears the attribute of column c. */
export function attributeBits(g: GraphBuilder, items: number, columns: readonly Int32Array[]): Value {
  const bits = new Int32Array(items);
  for (const [c, bearers] of columns.entries()) for (const item of bearers) bits[item] = (bits[item] ?? 0) | (1 << c);
  return g.table('attribute_bits', bits, [1, items]);
}

/** 1 where an item bears an attribute, [columns, items]. */
export function membership(g: GraphBuilder, columns: number, bits: Value): Value {
  const masks = Int32Array.from({ length: columns }, (_, c) => 1 << c);
  return bit(g, bits, g.table('attribute_masks', masks, [columns, 1]));
}

/** 1 where a bit is set, of what fits each other. */
export const bit = (g: GraphBuilder, bits: Value, mask: Value): Value =>
  g.op('Cast', [g.op('Cast', [g.op('BitwiseAnd', [bits, mask])], { to: DATA_TYPES.bool })], { to: DATA_TYPES.float });
