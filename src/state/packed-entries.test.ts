import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ID_LENGTH } from '../events/contracts.js';
import { packEntries, unpackEntries } from './packed-entries.js';
import { EntryList } from './entry-list.js';

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

function listOf(ids: readonly string[], distances: readonly number[]): EntryList {
  let at = 0;
  return EntryList.of(
    ids.map((itemId, i) => {
      at += distances[i % distances.length] ?? 0;
      return { itemId, at };
    }),
  );
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

  it('are given back of a list that rolls, whatever of it was packed before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 1e6 }), { minLength: 1, maxLength: 100 }),
        fc.nat({ max: 90 }),
        (more, most) => {
          let rolling = listOf(
            Array.from({ length: 120 }, (_, i) => `i${i}`),
            [1000, 77_777, 123],
          );
          let at = 120 * 80_000;
          for (const distance of more) {
            at += distance;
            rolling = rolling.with({ itemId: `n${distance}`, at }).newest(30 + most);
            packEntries(rolling);
          }
          expect(unpackEntries(packEntries(rolling))).toEqual(rolling);
          expect(unpackEntries(packEntries(EntryList.of(rolling)))).toEqual(rolling);
        },
      ),
    );
  });

  it('keeps times of 53 bits, and a time of 0', () => {
    for (const at of [0, 1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const entries = EntryList.of([
        { itemId: 'a', at: 0 },
        { itemId: 'b', at },
      ]);
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
    expect(packEntries(EntryList.EMPTY)).toHaveLength(0);
    expect(unpackEntries(Buffer.alloc(0))).toEqual(EntryList.EMPTY);
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
