import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partitionOf } from '../events/murmur2.js';
import type { Publication } from '../ports/checkpoint-store.js';
import { isIn, ladderOf, placeOf } from './canary.js';

const served = (userId: string, published: readonly Publication[]): number =>
  ladderOf(published.toReversed()).find(({ share }) => isIn(userId, share))?.sequence ?? 0;

const log = fc
  .array(fc.constantFrom(1, 5, 20, 50, 99, 100), { minLength: 1, maxLength: 12 })
  .map((shares) => [100, ...shares].map((share, i): Publication => ({ sequence: i + 1, share })));

describe('who is served what', () => {
  it('never goes back for any user, whatever is published next', () => {
    fc.assert(
      fc.property(fc.string(), log, (userId, published) => {
        const numbers = published.map((_, end) => served(userId, published.slice(0, end + 1)));
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      }),
    );
  });

  it('is the newest that covers the user', () => {
    fc.assert(
      fc.property(fc.string(), log, (userId, published) => {
        const shares = ladderOf(published.toReversed()).map(({ share }) => share);
        expect(shares.every((share, i) => share > (shares[i - 1] ?? 0))).toBe(true);
        const covering = published.filter(({ share }) => placeOf(userId) < share);
        expect(served(userId, published)).toBe(covering.at(-1)?.sequence);
      }),
    );
  });

  it('puts about its share of the users into a candidate, in every partition', () => {
    const users = Array.from({ length: 20_000 }, (_, i) => `user-${i}`);
    for (const partition of [0, 1, 2, 3]) {
      const here = users.filter((userId) => partitionOf(Buffer.from(userId), 4) === partition);
      const share = here.filter((userId) => isIn(userId, 10)).length / here.length;
      expect(share).toBeGreaterThan(0.085);
      expect(share).toBeLessThan(0.115);
    }
  });

  it('serves nobody before anything is for everybody', () => {
    expect(ladderOf([{ sequence: 1, share: 10 }])).toEqual([]);
    expect(ladderOf([])).toEqual([]);
  });
});
