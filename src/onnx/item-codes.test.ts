import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MOST_ITEM_CODES } from './code-product.js';
import { itemCodes } from './item-codes.js';
import { paddedItems } from './two-levels.js';

const WIDTH = 4;
const value = fc.float({ min: -3, max: 3, noNaN: true });

it('no item is longer, nor further from its codes, than is said of all', () => {
  const catalogue = fc.integer({ min: 1, max: 9 }).chain((items) =>
    fc.record({
      items: fc.constant(items),
      embeddings: fc
        .array(value, { minLength: items * WIDTH, maxLength: items * WIDTH })
        .map((values) => Float32Array.from(values)),
      bearers: fc.uniqueArray(fc.nat(items - 1)),
      most: fc.constantFrom(...MOST_ITEM_CODES),
    }),
  );
  fc.assert(
    fc.property(catalogue, ({ items, embeddings, bearers, most }) => {
      const { codes, step, longest, furthest } = itemCodes(
        embeddings,
        { items, width: WIDTH },
        [Int32Array.from(bearers)],
        most,
      );
      const V = paddedItems(items);
      for (let item = 0; item < items; item++) {
        const of = Array.from({ length: WIDTH + 1 }, (_, i) => codes[i * V + item]!);
        const exact = [
          ...Array.from(embeddings.subarray(item * WIDTH, (item + 1) * WIDTH), (one) => one / step),
          bearers.includes(item) ? most : 0,
        ];
        expect(Math.max(...of.map(Math.abs))).toBeLessThanOrEqual(most);
        expect(longest).toBeGreaterThanOrEqual(Math.hypot(...of) * (1 - 1e-12));
        expect(furthest).toBeGreaterThanOrEqual(Math.hypot(...of.map((code, i) => exact[i]! - code)));
      }
    }),
  );
});
