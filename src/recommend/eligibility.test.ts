import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogueItem, FakeCatalogue } from '../../test/builders/catalogue.js';
import type { InteractionContext } from '../events/events.js';
import { atOnce } from '../ops/pieces.js';
import { createBlockedItems, findingBlocked, isEligible } from './eligibility.js';

const context = (market: string | null, maturityLimit: number | null): InteractionContext => ({
  device: null,
  page: null,
  market,
  maturityLimit,
});

describe('eligibility', () => {
  // markets, minimum age, context, eligible
  it.each([
    [null, null, null, true],
    [null, null, context('DE', 6), true],
    [['DE', 'FR'], null, context('FR', null), true],
    [['DE', 'FR'], null, context('US', null), false],
    [['DE', 'FR'], null, context(null, null), false],
    [['DE', 'FR'], null, null, false],
    [[], null, context('DE', null), false],
    [null, 16, null, true],
    [null, 16, context(null, null), true],
    [null, 16, context(null, 15), false],
    [null, 16, context(null, 16), true],
    [null, 16, context(null, 18), true],
    [null, 0, context(null, 0), true],
    [['DE'], 16, context('DE', 12), false],
    [['DE'], 16, context('US', 18), false],
    [['DE'], 16, context('DE', 18), true],
  ])('markets %j, minimum age %j, context %j: %j', (markets, minimumAge, where, expected) => {
    expect(isEligible(catalogueItem('a', { markets, minimumAge }), where)).toBe(expected);
  });
});

describe('blocked items', () => {
  const items = ['a', 'b', 'c', 'd'];
  const indexOf = (itemId: string): number | undefined => (items.includes(itemId) ? items.indexOf(itemId) : undefined);
  const catalogue = (): FakeCatalogue =>
    new FakeCatalogue(['a', catalogueItem('b', { markets: ['DE'] }), catalogueItem('c', { minimumAge: 16 })]);

  it('are those that the catalogue lacks, and those not eligible in the context', () => {
    const blocked = createBlockedItems(catalogue(), items, indexOf);
    expect([...blocked.blockedIn(null)]).toEqual([0, 1, 0, 1]);
    expect([...blocked.blockedIn(context('DE', 12))]).toEqual([0, 0, 1, 1]);
    expect([...blocked.blockedIn(context('US', 16))]).toEqual([0, 1, 0, 1]);
  });

  it('are worked out once for contexts that do not differ in market or age limit', () => {
    const blocked = createBlockedItems(catalogue(), items, indexOf);
    const first = blocked.blockedIn(context('DE', 12));
    expect(blocked.blockedIn({ ...context('DE', 12), device: 'tv', page: 'home' })).toBe(first);
    expect(blocked.blockedIn(context('DE', 13))).not.toBe(first);
    expect(blocked.blockedIn(null)).toBe(blocked.blockedIn(context(null, null)));
  });

  it('follow the catalogue as soon as it was read on', () => {
    const changing = catalogue();
    const blocked = createBlockedItems(changing, items, indexOf);
    blocked.blockedIn(null);
    changing.withdraw('a');
    expect([...blocked.blockedIn(null)]).toEqual([1, 1, 0, 1]);
    changing.put('d');
    expect([...blocked.blockedIn(null)]).toEqual([1, 1, 0, 0]);
  });

  it('are as if made anew however the catalogue changes, and the same array while nothing differs', () => {
    const change = fc.record({
      itemId: fc.constantFrom('a', 'b', 'c', 'd', 'elsewhere'),
      isWithdrawn: fc.boolean(),
      markets: fc.constantFrom<(string[] | null)[]>(null, ['DE'], []),
      looksAt: fc.subarray([null, context('DE', null), context('US', 12)]),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), fc.boolean(), (changes, isForgotten) => {
        const changing = catalogue();
        const blocked = createBlockedItems(changing, items, indexOf);
        const last = new Map<InteractionContext | null, Uint8Array>();
        for (const { itemId, isWithdrawn, markets, looksAt } of changes) {
          if (isWithdrawn) changing.withdraw(itemId);
          else changing.put(catalogueItem(itemId, { markets }));
          if (isForgotten) changing.forget();
          for (const where of looksAt) {
            const mask = blocked.blockedIn(where);
            const right = items.map((id) => Number(!changing.item(id) || !isEligible(changing.item(id)!, where)));
            expect([...mask]).toEqual(right);
            const before = last.get(where);
            if (!isForgotten && before && right.every((value, i) => before[i] === value)) expect(mask).toBe(before);
            last.set(where, mask);
          }
        }
      }),
    );
  });

  it('miss nothing that changes while they are made', () => {
    const changing = catalogue();
    const work = findingBlocked(changing, items, indexOf);
    work.next();
    changing.withdraw('a');
    expect([...atOnce(work).blockedIn(null)]).toEqual([1, 1, 0, 1]);
  });

  it('do not look at the whole catalogue again for one item, nor change what was given away', () => {
    const changing = catalogue();
    const blocked = createBlockedItems(changing, items, indexOf);
    const before = blocked.blockedIn(null);
    const copy = [...before];
    const asked: string[] = [];
    const { item } = changing;
    changing.item = (itemId) => {
      asked.push(itemId);
      return item.call(changing, itemId);
    };
    changing.put('d');
    expect([...blocked.blockedIn(null)]).toEqual([0, 1, 0, 0]);
    expect(asked).toEqual(['d']);
    expect([...before]).toEqual(copy);
  });

  it('stay right through more contexts than are kept', () => {
    const blocked = createBlockedItems(catalogue(), items, indexOf);
    for (let age = 0; age < 1000; age++) {
      expect(blocked.blockedIn(context(null, age))[2]).toBe(age < 16 ? 1 : 0);
    }
  });
});
