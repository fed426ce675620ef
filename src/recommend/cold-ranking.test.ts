import fc from 'fast-check';
import { expect, it } from 'vitest';
import { catalogueItem, FakeCatalogue } from '../../test/builders/catalogue.js';
import { TINY_ATTRIBUTES, tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { atOnce } from '../ops/pieces.js';
import { coldBasis } from './cold-items.js';
import { viewingCold } from './cold-ranking.js';
import { createItemIndex } from './item-index.js';

const checkpoint = tinyCheckpoint();
const basis = coldBasis(checkpoint);
const index = createItemIndex(checkpoint);
const viewOf = (catalogue: FakeCatalogue, most: number) => atOnce(viewingCold(basis, catalogue, index, most));

const change = fc.record({
  itemId: fc.constantFrom('i3', 'new-a', 'new-b', 'new-c'),
  isWithdrawn: fc.boolean(),
  attributes: fc.subarray([...TINY_ATTRIBUTES, 'genre/Unheard']),
  markets: fc.constantFrom<(string[] | null)[]>(null, ['DE']),
  addedAt: fc.option(fc.nat(3)),
});

it('cold items are as if found anew however the catalogue changes, whether that is remembered or not', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(change, fc.boolean())), fc.boolean(), fc.nat(3), (changes, isForgotten, most) => {
      const catalogue = new FakeCatalogue();
      const current = viewOf(catalogue, most);
      for (const [{ itemId, isWithdrawn, ...rest }, isLookedAt] of changes) {
        if (isWithdrawn) catalogue.withdraw(itemId);
        else catalogue.put(catalogueItem(itemId, rest));
        if (isForgotten) catalogue.forget();
        if (!isLookedAt) continue;
        const [view, anew] = [current(), viewOf(catalogue, most)()];
        expect([view.items, view.embeddings]).toEqual([anew.items, anew.embeddings]);
        expect(view.blocked.blockedIn(null)).toEqual(anew.blocked.blockedIn(null));
        for (const [place, { itemId: id }] of view.items.entries()) expect(view.placeOf(id)).toBe(place);
      }
    }),
  );
});
