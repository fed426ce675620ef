import { describe, expect, it } from 'vitest';
import { catalogueItem, FakeCatalogue } from '../../test/builders/catalogue.js';
import type { InteractionContext } from '../events/events.js';
import { createBlockedItems, isEligible } from './eligibility.js';

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
  const catalogue = (): FakeCatalogue =>
    new FakeCatalogue(['a', catalogueItem('b', { markets: ['DE'] }), catalogueItem('c', { minimumAge: 16 })]);

  it('are those that the catalogue lacks, and those not eligible in the context', () => {
    const blocked = createBlockedItems(catalogue(), items);
    expect([...blocked.blockedIn(null)]).toEqual([0, 1, 0, 1]);
    expect([...blocked.blockedIn(context('DE', 12))]).toEqual([0, 0, 1, 1]);
    expect([...blocked.blockedIn(context('US', 16))]).toEqual([0, 1, 0, 1]);
  });

  it('are worked out once for contexts that do not differ in market or age limit', () => {
    const blocked = createBlockedItems(catalogue(), items);
    const first = blocked.blockedIn(context('DE', 12));
    expect(blocked.blockedIn({ ...context('DE', 12), device: 'tv', page: 'home' })).toBe(first);
    expect(blocked.blockedIn(context('DE', 13))).not.toBe(first);
    expect(blocked.blockedIn(null)).toBe(blocked.blockedIn(context(null, null)));
  });

  it('follow the catalogue as soon as it was read on', () => {
    const changing = catalogue();
    const blocked = createBlockedItems(changing, items);
    blocked.blockedIn(null);
    changing.withdraw('a');
    expect([...blocked.blockedIn(null)]).toEqual([1, 1, 0, 1]);
    changing.put('d');
    expect([...blocked.blockedIn(null)]).toEqual([1, 1, 0, 0]);
  });

  it('stay right through more contexts than are kept', () => {
    const blocked = createBlockedItems(catalogue(), items);
    for (let age = 0; age < 1000; age++) {
      expect(blocked.blockedIn(context(null, age))[2]).toBe(age < 16 ? 1 : 0);
    }
  });
});
