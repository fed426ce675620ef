import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topK } from './top-k.js';

/** Few different values make many ties. */
const score = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.float({ noNaN: true, min: -10, max: 10 }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0),
);

function bySorting(scores: Float32Array, k: number, isExcluded: (item: number) => boolean): number[] {
  return [...scores.keys()]
    .filter((item) => Number.isFinite(scores[item]) && !isExcluded(item))
    .sort((a, b) => scores[b]! - scores[a]! || a - b)
    .slice(0, k);
}

describe('topK', () => {
  it('is the head of a full sort: best first, ties by lower index, none that is excluded or not finite', () => {
    fc.assert(
      fc.property(
        fc.array(score, { maxLength: 60 }),
        fc.integer({ min: 0, max: 70 }),
        fc.uniqueArray(fc.nat({ max: 59 })),
        (values, k, excluded) => {
          const scores = Float32Array.from(values);
          const isExcluded = (item: number): boolean => excluded.includes(item);
          expect([...topK(scores, k, isExcluded)]).toEqual(bySorting(scores, k, isExcluded));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes all where k is greater than their number, and needs no exclusions', () => {
    expect([...topK(Float32Array.of(1, 3, 3, 2), 10)]).toEqual([1, 2, 3, 0]);
    expect([...topK(new Float32Array(0), 3)]).toEqual([]);
    expect([...topK(Float32Array.of(1, 2), 0)]).toEqual([]);
  });
});
