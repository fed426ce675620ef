import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ID_LENGTH } from '../events/contracts.js';
import { packEntries, unpackEntries } from './packed-entries.js';
import type { SequenceEntry } from './user-state.js';

const digits = fc.integer({ min: 0, max: 999_999 }).map(String);
const lettered = fc.string({ minLength: 6, maxLength: 6, unit: fc.constantFrom('a', 'b', 'y', 'z', '0', '9') });
const uuid = fc.uuid();
const anything = fc.string({ maxLength: 20, unit: 'grapheme' });
const alike = fc.oneof(
  ...[digits, lettered, uuid, anything].map((id) => fc.array(id, { maxLength: 150 })),
  fc
    .tuple(fc.constantFrom('tt', 'item-', 'Zoë/'), fc.array(digits, { maxLength: 150 }))
    .map(([prefix, ids]) => ids.map((id) => prefix + id)),
);
const distance = fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 3 * 86_400_000 }), fc.nat({ max: 2 ** 41 }));

function listOf(ids: readonly string[], distances: readonly number[]): readonly SequenceEntry[] {
  let at = 0;
  return ids.map((itemId, i) => {
    at += distances[i % distances.length] ?? 0;
    return { itemId, at };
  });
}

describe('packed entries', () => {
  it('are given back as they were, whatever the ids and times', () => {
    fc.assert(
      fc.property(alike, fc.array(distance, { minLength: 1, maxLength: 30 }), (ids, distances) => {
        const entries = listOf(ids, distances);
        expect(unpackEntries(packEntries(entries))).toEqual(entries);
      }),
      { numRuns: 500 },
    );
  });

  it('give the same bytes whatever was packed before: a list that rolls, and the same list made anew', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 1e6 }), { minLength: 1, maxLength: 60 }),
        fc.nat({ max: 100 }),
        (more, drop) => {
          let rolling = listOf(
            Array.from({ length: 120 }, (_, i) => `i${i}`),
            [1000, 77_777, 123],
          );
          for (const distance of more) {
            const at = (rolling.at(-1)?.at ?? 0) + distance;
            rolling = [...rolling.slice(drop > 50 ? 1 : 0), { itemId: `n${distance}`, at }];
            packEntries(rolling);
          }
          expect(packEntries(rolling)).toEqual(packEntries(structuredClone(rolling)));
          expect(unpackEntries(packEntries(rolling))).toEqual(rolling);
        },
      ),
    );
  });

  it('keeps times of 53 bits, and a time of 0', () => {
    for (const at of [0, 1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const entries = [
        { itemId: 'a', at: 0 },
        { itemId: 'b', at },
      ];
      expect(unpackEntries(packEntries(entries))).toEqual(entries);
    }
  });

  it('hold ids of the greatest length', () => {
    const entries = listOf(
      Array.from({ length: 70 }, (_, i) => '\u{4e2d}'.repeat(MAX_ID_LENGTH - 3) + String(100 + i)),
      [1000],
    );
    expect(unpackEntries(packEntries(entries))).toEqual(entries);
  });

  it('take no bytes when there are none', () => {
    expect(packEntries([])).toHaveLength(0);
    expect(unpackEntries(Buffer.alloc(0))).toEqual([]);
  });

  it.each([
    ['MovieLens ids', (i: number) => String(1 + ((i * 7919) % 3952)), 1020],
    ['ids of 6 digits', (i: number) => String(100_000 + ((i * 7919) % 900_000)), 1240],
    ['ids of a letter and 5 digits', (i: number) => `i${String((i * 7919) % 100_000).padStart(5, '0')}`, 1165],
  ])('are short: 200 of %s, minutes to three days apart', (_, id, bytes) => {
    const distances = Array.from({ length: 200 }, (_, i) => Math.floor(60_000 * 4320 ** ((i * 0.618) % 1)));
    const entries = listOf(
      Array.from({ length: 200 }, (_, i) => id(i)),
      distances,
    );
    expect(packEntries(entries).length).toBeLessThan(bytes);
  });

  it('end in an error where bytes are missing', () => {
    const bytes = packEntries(listOf(['a', 'b', 'c'], [1000]));
    for (let length = 1; length < bytes.length; length += 1) {
      expect(() => unpackEntries(bytes.subarray(0, length))).toThrow(/end too early/);
    }
  });

  it('never hang on bytes that nobody packed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        try {
          expect(unpackEntries(Buffer.from(bytes)).length).toBeLessThan(2 ** 20);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});
