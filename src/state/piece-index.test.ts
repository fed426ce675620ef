import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PieceIndex, NUMBERS } from './piece-index.js';

const placed = fc.array(fc.tuple(fc.string(), fc.integer({ min: 1, max: NUMBERS - 1 })));

const NOTHING = (): void => undefined;

function made(all: readonly (readonly [itemId: string, number: number])[]): PieceIndex {
  const index = PieceIndex.unmade();
  while (!index.isMade) {
    index.numbersOf('', all.length, (add) => {
      for (const [itemId, number] of all) add(itemId, number);
    });
  }
  return index;
}

describe('PieceIndex', () => {
  it('leaves out no place of an item that it was made with or given later', () => {
    fc.assert(
      fc.property(placed, placed, (first, later) => {
        const index = made(first);
        const given = later.filter(([itemId, number]) => {
          if (index.forNext() !== index) return false;
          index.add(itemId, number);
          return true;
        });
        for (const [itemId, number] of [...first, ...given]) {
          expect(index.numbersOf(itemId, 0, NOTHING)).toContain(number);
        }
      }),
    );
  });

  it('names a piece for few items that are not there, until it is full, which is after as many as it was made with', () => {
    const index = made(Array.from({ length: 200 }, (_, i) => [`item-${i}`, 1]));
    let given = 0;
    for (; index.forNext() === index; given += 1) index.add(`item-${200 + given}`, 2);
    expect(given).toBeGreaterThanOrEqual(200);
    let wrong = 0;
    for (let i = 5000; i < 15_000; i += 1) wrong += index.numbersOf(`item-${i}`, 0, NOTHING)?.length ?? 0;
    expect(wrong).toBeLessThan(20);
  });

  it('does not read the items of a list that is searched a few times', () => {
    const index = PieceIndex.unmade();
    const unread = (): never => {
      throw new Error('read');
    };
    for (let i = 0; i < 4; i += 1) expect(index.numbersOf('a', 1, unread)).toBeUndefined();
    expect(() => index.numbersOf('a', 1, unread)).toThrow('read');
  });
});
