/**
 * The product of a search (search.ts): states as bytes by items as codes, all sums exact, or its bound would not hold.
 * x86 processors with AVX2 or AVX-512 and without VNNI add two neighbouring products in 16 bits, which end at 32,767, and
 * cut off what is more: 2 * 255 * 127 of codes of 8 bits, and never 2 * 255 * 64. Codes up to 64 leave up to twice as
 * many items to score, so they are for processors that need them: a trial of the greatest sums tells.
 */
import type { GraphBuilder, Value } from './graph.js';

/** Code of 0 as a state's byte. */
export const ZERO = 128;
/** Of a state's code. */
export const MOST_STATE_CODE = 127;
/** Of items' codes, finest first. The last is within 16 bits for two products, whatever the bytes. */
export const MOST_ITEM_CODES = [127, 64] as const;

/** bytes [B, size] by codes [size, items] -> [B, items] int32 */
export function codeProduct(g: GraphBuilder, bytes: Value, codes: Int8Array, size: number): Value {
  const table = g.table('item_codes', codes, [size, codes.length / size]);
  return g.op('MatMulInteger', [bytes, table, g.table('zero_code', Uint8Array.of(ZERO), [])]);
}

/** A code product where it will run: bytes [B, size], codes [size, items]. */
export type MultiplyCodes = (bytes: Uint8Array, codes: Int8Array, size: number) => Promise<Int32Array>;

/** More of each than kernels take at once, and a rest. */
const ITEMS = 34;
const SIZE = 67;
const ROWS = [1, 17] as const;

/** The greatest code that items may have for such products to be exact; none if they are not for any. */
export async function mostExactCode(multiply: MultiplyCodes): Promise<number | undefined> {
  for (const most of MOST_ITEM_CODES) if (await isExact(multiply, most)) return most;
  return undefined;
}

async function isExact(multiply: MultiplyCodes, most: number): Promise<boolean> {
  const stateCode = (row: number): number => (row % 2 === 0 ? MOST_STATE_CODE : -MOST_STATE_CODE);
  const itemCode = (item: number): number => (item % 2 === 0 ? most : -most);
  const codes = Int8Array.from({ length: SIZE * ITEMS }, (_, at) => itemCode(at % ITEMS));
  for (const rows of ROWS) {
    const bytes = Uint8Array.from({ length: rows * SIZE }, (_, at) => ZERO + stateCode(Math.floor(at / SIZE)));
    const sums = await multiply(bytes, codes, SIZE);
    const isRight = (sum: number, at: number): boolean =>
      sum === SIZE * stateCode(Math.floor(at / ITEMS)) * itemCode(at % ITEMS);
    if (!sums.every(isRight)) return false;
  }
  return true;
}
