import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ItemFilter } from './item-filter.js';

const numbered = (from: number, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `item-${from + i}`);

function made(itemIds: readonly string[]): ItemFilter {
  const filter = new ItemFilter();
  while (!filter.isMade) filter.mayHold('', itemIds.length, () => itemIds);
  return filter;
}

describe('ItemFilter', () => {
  it('never says no to an item that it was made with or given later', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), fc.array(fc.string()), (itemIds, later) => {
        const filter = made(itemIds);
        for (const itemId of later) filter.add(itemId);
        for (const itemId of [...itemIds, ...later]) expect(filter.mayHold(itemId, 0, () => [])).toBe(true);
      }),
    );
  });

  it('says maybe to few others, until it is full', () => {
    const filter = made(numbered(0, 200));
    for (let i = 200; filter.forNext() === filter; i += 1) filter.add(`item-${i}`);
    const wrong = numbered(5000, 10_000).filter((itemId) => filter.mayHold(itemId, 0, () => []));
    expect(wrong.length / 10_000).toBeLessThan(0.03);
  });

  it('does not read the items of a list that is searched a few times', () => {
    const filter = new ItemFilter();
    const unread = (): never => {
      throw new Error('read');
    };
    for (let i = 0; i < 4; i += 1) expect(filter.mayHold('a', 1, unread)).toBe(true);
    expect(() => filter.mayHold('a', 1, unread)).toThrow('read');
  });
});
