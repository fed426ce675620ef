/**
 * The k-th greatest of many numbers without sorting them: bits of positive floats are in the order of their values, so
 * counts by the leading bits tell in which narrow range it lies, and only that range is sorted. Several times faster than
 * a tensor runtime's top k, of which one value is wanted.
 */

/** Bits of positive infinity; what is above is not a number, or negative. */
const INFINITE = 0x7f800000;

/** The k-th greatest (k from 1) of those among values[from..to) that are not negative; 0 where there are fewer than k. */
export function kthGreatest(values: Float32Array, k: number, from = 0, to = values.length): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  // Of few numbers fewer leading bits: the counts themselves cost time.
  const shift = to - from > 2 ** 16 ? 20 : 22;
  const counts = new Uint32Array(2 ** (32 - shift));
  for (let i = from; i < to; i++) {
    const range = (bits[i] ?? 0) >>> shift;
    counts[range] = (counts[range] ?? 0) + 1;
  }
  let range = INFINITE >>> shift;
  let left = k;
  for (; range >= 0 && (counts[range] ?? 0) < left; range--) left -= counts[range] ?? 0;
  if (range < 0) return 0;
  const within = new Float32Array(counts[range] ?? 0);
  let size = 0;
  for (let i = from; i < to; i++) if ((bits[i] ?? 0) >>> shift === range) within[size++] = values[i] ?? 0;
  return within.sort()[size - left] ?? 0;
}
