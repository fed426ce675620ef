import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONTRACT_VALUES } from '../../test/builders/contract-values.js';
import { interaction } from '../../test/builders/events.js';
import { CONTRACTS } from './contracts.js';
import type { RecommendationList } from './events.js';
import { quickInteractionReader } from './quick-interaction.js';
import { quickListWriter } from './quick-list.js';
import { readSchemas } from './schema-files.js';
import { singleObjectFormat } from './single-object.js';

const ASCII = /^[\0-\x7f]*$/;

/** A value with something in it replaced: at a path of keys, as often as there are such. */
function spoilt(value: unknown, path: readonly number[], by: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined || typeof value !== 'object' || value === null) return by;
  const keys = Object.keys(value);
  const key = keys[first % Math.max(1, keys.length)];
  if (key === undefined) return by;
  const inner = spoilt(Reflect.get(value, key), rest, by);
  return Array.isArray(value) ? value.with(Number(key), inner) : { ...value, [key]: inner };
}

const badValues = fc.constantFrom<unknown>(
  ...[-1, 1.5, 2, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 52, '', 'x'.repeat(513), 'unknown', true, 0],
);

describe('lists written in one pass', () => {
  const format = singleObjectFormat(readSchemas('recommendation-list'));
  const write = quickListWriter(format.head);
  const lists = CONTRACT_VALUES['recommendation-list'];

  it('are what avsc writes; those with text beyond ASCII are left to it', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const isPlain = ASCII.test(JSON.stringify(list));
        expect(write(list)).toEqual(isPlain ? format.encode(list) : undefined);
      }),
      { numRuns: 500 },
    );
  });

  it('do not change when others are written', () => {
    const all = fc.sample(lists, 500).filter((list) => ASCII.test(JSON.stringify(list)));
    const written = all.map((list) => write(list));
    expect(written).toEqual(all.map((list) => format.encode(list)));
  });

  it('fulfil the contract, or are not written', () => {
    fc.assert(
      fc.property(lists, fc.array(fc.nat(20), { minLength: 1, maxLength: 3 }), badValues, (list, path, by) => {
        const value = spoilt(list, path, by);
        fc.pre(typeof Reflect.get(value as object, 'reason') === 'object');
        fc.pre(typeof Reflect.get(value as object, 'source') === 'object');
        let written: Buffer | undefined;
        try {
          written = write(value as RecommendationList);
        } catch {
          written = undefined;
        }
        if (written !== undefined) expect(CONTRACTS['recommendation-list'].safeParse(value).success).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('are left to the general way where they are very long', () => {
    const [list] = fc.sample(lists, 1);
    expect(
      write({ ...list!, items: Array.from({ length: 5000 }, () => ({ itemId: 'i', score: 1, cold: false })) }),
    ).toBeUndefined();
  });
});

describe('interactions read in one pass', () => {
  const format = singleObjectFormat(readSchemas('interaction'));
  const read = quickInteractionReader(format.head);

  it('are what avsc reads; those with text beyond ASCII are left to it', () => {
    fc.assert(
      fc.property(CONTRACT_VALUES.interaction, (value) => {
        const isPlain = ASCII.test(JSON.stringify(value));
        const found = read(format.encode(value));
        if (isPlain) expect(found).toStrictEqual(value);
        else expect(found).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('are sound, or are not read', () => {
    const breakage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(CONTRACT_VALUES.interaction, breakage, fc.nat(3), (value, changes, cut) => {
        const whole = format.encode(value);
        const bytes = whole.subarray(0, whole.length - cut);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        const found = read(bytes);
        if (found === undefined) return;
        const decoded = format.decode(bytes);
        const checked = CONTRACTS.interaction.safeParse(decoded.ok && decoded.value);
        expect(checked.data).toStrictEqual(found);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['an empty id', { eventId: '' }],
    ['a long word', { listId: 'x'.repeat(513) }],
    ['a time before 1970', { occurredAt: -1 }],
    ['a time after 2200', { occurredAt: Date.UTC(2200, 1) }],
    ['a value that is no number', { value: Number.NaN }],
    ['an age', { context: { device: null, page: null, market: null, maturityLimit: 201 } }],
  ])('leave %s to the general way', (_, given) => {
    expect(read(format.encode(interaction(given)))).toBeUndefined();
  });
});
