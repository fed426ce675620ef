import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kthGreatest } from './kth-greatest.js';

/** Few different values make many ties. */
const value = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.float({ noNaN: true, min: -10, max: 10 }),
  fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e-42, 3e38),
);

const bySorting = (values: Float32Array, k: number): number =>
  values.filter((one) => one >= 0).sort()[values.filter((one) => one >= 0).length - k] ?? 0;

describe('the k-th greatest', () => {
  it('is that of a full sort, 0 where fewer are positive, of any part of the values', () => {
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 60 }),
        fc.integer({ min: 1, max: 70 }),
        fc.nat({ max: 10 }),
        fc.nat({ max: 10 }),
        (all, k, from, behind) => {
          const values = Float32Array.from(all);
          const to = Math.max(from, values.length - behind);
          // As a part of a larger buffer too.
          const shifted = Float32Array.from([7, 7, ...all, 9]).subarray(2, 2 + all.length);
          const expected = bySorting(values.slice(from, to), k) + 0;
          expect(kthGreatest(values, k, Math.min(from, to), to) + 0).toBe(expected);
          expect(kthGreatest(shifted, k, Math.min(from, to), to) + 0).toBe(expected);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('is that of a full sort of very many', () => {
    const values = Float32Array.from({ length: 200_000 }, (_, i) => Math.sin(i * i * 0.37) * Math.exp(Math.cos(i) * 5));
    for (const k of [1, 2, 5_000, 90_000, 150_000]) expect(kthGreatest(values, k)).toBe(bySorting(values, k));
  });

  it('passes over what is not a number', () => {
    expect(kthGreatest(Float32Array.of(Number.NaN, 3, -Number.NaN, 2), 2)).toBe(2);
  });
});
