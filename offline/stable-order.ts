/** Sorting row numbers by a column, equal values in the order of their rows: a radix sort, 16 bits at a time. */
import { at } from './columns.js';

const BITS = 16;
const DIGITS = 1 << BITS;

/** Row numbers by ascending value. @param values whole numbers; their range at most 2^53. */
export function stableOrder(values: Float64Array): Uint32Array {
  let order = Uint32Array.from(values.keys());
  let least = Infinity;
  let greatest = -Infinity;
  for (const value of values) {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  let spare = new Uint32Array(values.length);
  for (let scale = 1; scale <= greatest - least; scale *= DIGITS) {
    const digit = (row: number): number => Math.floor((at(values, row) - least) / scale) % DIGITS;
    const starts = new Uint32Array(DIGITS + 1);
    for (const row of order) starts[digit(row) + 1] = at(starts, digit(row) + 1) + 1;
    for (let i = 1; i <= DIGITS; i++) starts[i] = at(starts, i) + at(starts, i - 1);
    for (const row of order) {
      const place = at(starts, digit(row));
      starts[digit(row)] = place + 1;
      spare[place] = row;
    }
    [order, spare] = [spare, order];
  }
  return order;
}
