import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rankScores } from '../model/rank.js';
import { createItemIndex } from './item-index.js';
import { createPopular } from './popular.js';

const ITEMS = 40;

it('popular lists are those that a look at every item gives, to the bit', () => {
  const item = fc.nat(ITEMS - 1);
  const bearers = fc.uniqueArray(item).map((items) => Int32Array.from(items.toSorted((a, b) => a - b)));
  const score = fc.record({
    kind: fc.constant('score' as const),
    attribute: fc.nat(2),
    amount: fc.constantFrom(-2.1, -1, 0.7, 1, 3.3, 1e-9),
  });
  fc.assert(
    fc.property(
      // Few values: many ties.
      fc.array(fc.constantFrom(0, -0, 1, 1.5, 2, 9, 1000), { minLength: ITEMS, maxLength: ITEMS }),
      fc.tuple(bearers, bearers, bearers),
      fc.array(fc.constantFrom(0, 0, 1), { minLength: ITEMS, maxLength: ITEMS }),
      fc.array(item, { maxLength: 5 }),
      fc.array(score, { maxLength: 4 }),
      fc.constantFrom(0, 1, 3, 10, ITEMS + 2),
      (counts, of, blocked, excluded, edits, k) => {
        const vocabulary = { items: counts.map((_, i) => `i${i}`), counts: Float64Array.from(counts) };
        const attributes = { names: ['a', 'b', 'c'], items: of };
        const rules = { edits, blocked: Uint8Array.from(blocked), excluded, k };
        const popular = createPopular({ vocabulary }, createItemIndex({ vocabulary, attributes }));
        expect(popular(rules)).toEqual(rankScores(Float32Array.from(counts, Math.log1p), rules, of));
      },
    ),
    { numRuns: 500 },
  );
});
