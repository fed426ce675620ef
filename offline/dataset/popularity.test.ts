import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { popularityLevels } from './popularity.js';

describe('popularityLevels', () => {
  it('cuts the uses into thirds', () => {
    const levels = popularityLevels(Int32Array.of(6, 4, 2, 2, 1, 1, 1, 1));
    expect(levels.map(({ name, items }) => [name, [...items]])).toEqual([
      ['popularity/high', [0]],
      ['popularity/middle', [1, 2]],
      ['popularity/low', [3, 4, 5, 6, 7]],
    ]);
  });

  it('gives every item one level, none of them above a more used one, and leaves out levels without items', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(counts, (unsorted) => {
        const uses = Int32Array.from(unsorted.toSorted((a, b) => b - a));
        const levels = popularityLevels(uses);
        expect(levels.flatMap(({ items }) => [...items])).toEqual([...uses.keys()]);
        expect(levels.every(({ items }) => items.length > 0)).toBe(true);
        const total = uses.reduce((sum, count) => sum + count);
        for (const { name, items } of levels) {
          const share = items.reduce((sum, item) => sum + uses[item]!, 0) / total;
          // The items at its two ends may lie half beyond it.
          const slack = uses[0]! / total;
          expect(share, name).toBeLessThanOrEqual(1 / 3 + slack + 1e-9);
        }
      }),
    );
  });
});
