import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogueItem, interaction, profileEvent } from '../../test/builders/events.js';
import { createCodec } from './codec.js';
import type { ContractName, Contracts } from './contracts.js';
import { deadLetterOf } from './dead-letter.js';
import type { InteractionContext } from './events.js';
import { readSchemas } from './schema-files.js';
import { singleObjectFormat } from './single-object.js';

/** A record as a codec gives it back: with the usual prototype. */
function plain<T extends object>(fields: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> {
  return fc.record<T>(fields, { noNullPrototype: true });
}

const text = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
const real = fc.double({ noNaN: true, noDefaultInfinity: true });
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const gain = fc.double({ min: -1, max: 1, noNaN: true });
const word = fc.option(text);
const count = fc.nat();
const bytes = fc.option(fc.uint8Array().map((array) => Buffer.from(array)));
const source = plain({ topic: text, partition: count, offset: fc.nat(2 ** 52 - 1) });

const values: { readonly [Name in ContractName]: fc.Arbitrary<Contracts[Name]> } = {
  interaction: plain({
    eventId: text,
    userId: text,
    itemId: text,
    kind: text,
    value: fc.option(real),
    occurredAt: time,
    listId: word,
    context: fc.option(
      plain<InteractionContext>({ device: word, page: word, market: word, maturityLimit: fc.option(fc.nat(99)) }),
    ),
  }),
  'profile-event': plain({
    eventId: text,
    userId: text,
    mode: fc.constantFrom('replace', 'merge', 'reset', 'off', 'expire', 'erase'),
    gains: fc.dictionary(
      text.filter((name) => name !== '__proto__'),
      gain,
      { noNullPrototype: true, maxKeys: 64 },
    ),
    expiresAt: fc.option(time),
    preset: word,
    expectedVersion: fc.option(count),
    occurredAt: time,
  }),
  'catalogue-item': plain({
    itemId: text,
    title: fc.string(),
    attributes: fc.array(text),
    markets: fc.option(fc.array(text)),
    minimumAge: fc.option(fc.nat(99)),
    addedAt: fc.option(time),
  }),
  'recommendation-list': plain({
    listId: text,
    userId: text,
    items: fc.array(plain({ itemId: text, score: real })),
    checkpoint: text,
    equalizerVersion: count,
    effects: fc.array(plain({ attribute: text, gain, share: unit, method: text, amount: real, limited: fc.boolean() })),
    reason: plain({
      trigger: fc.constantFrom('interaction', 'profile'),
      ranking: fc.constantFrom('model', 'popular'),
      profile: fc.option(fc.constantFrom('applied', 'stale', 'conflict')),
    }),
    source,
    catalogue: fc.array(count),
    producedAt: time,
  }),
  'dead-letter': plain({
    reason: fc.constantFrom('bad-bytes', 'null-key', 'oversize'),
    message: fc.string(),
    source,
    sourceTimestamp: fc.integer(),
    key: bytes,
    value: bytes,
    valueLength: count,
    valueSha256: word,
    producedAt: time,
  }),
};

function describeCodec<Name extends ContractName>(name: Name, valid: fc.Arbitrary<Contracts[Name]>): void {
  const codec = createCodec(name);

  describe(`the codec of ${name}`, () => {
    it('gives back what it was given, as plain objects', () => {
      fc.assert(
        fc.property(valid, (value) => {
          expect(codec.decode(codec.encode(value))).toStrictEqual({ ok: true, value });
        }),
      );
    });

    it('never throws nor hangs on broken bytes', () => {
      const breakage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 12 });
      fc.assert(
        fc.property(valid, breakage, fc.nat(), (value, changes, cut) => {
          const bytes = codec.encode(value);
          expect(codec.decode(bytes.subarray(0, cut % bytes.length))).toMatchObject({ ok: false, reason: 'bad-bytes' });
          for (const [at, byte] of changes) bytes[10 + (at % (bytes.length - 10))] = byte;
          expect(codec.decode(bytes)).toHaveProperty('ok');
        }),
        { numRuns: 500 },
      );
    });
  });
}

describeCodec('interaction', values.interaction);
describeCodec('profile-event', values['profile-event']);
describeCodec('catalogue-item', values['catalogue-item']);
describeCodec('recommendation-list', values['recommendation-list']);
describeCodec('dead-letter', values['dead-letter']);

describe('decoding', () => {
  const codec = createCodec('interaction');
  const good = codec.encode(interaction());
  const reason = (bytes: Buffer): string => {
    const decoded = codec.decode(bytes);
    return decoded.ok ? 'ok' : decoded.reason;
  };

  it('tells bytes that are no single-object encoding', () => {
    expect(reason(Buffer.alloc(0))).toBe('bad-bytes');
    expect(reason(Buffer.from('{"eventId":"json"}'))).toBe('bad-bytes');
    expect(reason(good.subarray(0, 9))).toBe('bad-bytes');
  });

  it('tells a schema that it does not know, another contract among them', () => {
    const named = Buffer.from(good);
    named[5] = (named[5] ?? 0) ^ 1;
    expect(reason(named)).toBe('unknown-schema');
    expect(reason(createCodec('profile-event').encode(profileEvent()))).toBe('unknown-schema');
  });

  it('tells bytes that end early, go on, or are not UTF-8', () => {
    expect(reason(good.subarray(0, good.length - 1))).toBe('bad-bytes');
    expect(reason(Buffer.concat([good, Buffer.of(0)]))).toBe('bad-bytes');
    const spoilt = Buffer.from(good);
    spoilt[11] = 0xff;
    expect(reason(spoilt)).toBe('bad-bytes');
  });

  it('refuses at once what claims more items than it has bytes, or a block of negative length', () => {
    const lists = createCodec('catalogue-item');
    const bytes = lists.encode(catalogueItem({ itemId: 'i', title: 't' }));
    const head = bytes.subarray(0, 14);
    expect(head.toString('latin1').endsWith('\x02i\x02t')).toBe(true);
    const huge = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    expect(lists.decode(Buffer.concat([head, huge]))).toMatchObject({ ok: false, reason: 'bad-bytes' });
    expect(lists.decode(Buffer.concat([head, Buffer.of(1, 7, 0, 0, 0, 0)]))).toMatchObject({ reason: 'bad-bytes' });
    const endless = Buffer.alloc(40, 0xff);
    expect(lists.decode(Buffer.concat([head, endless]))).toMatchObject({ reason: 'bad-bytes' });
  });

  it('reads arrays in blocks with lengths, as other producers write them', () => {
    const items = createCodec('catalogue-item');
    const value = catalogueItem({ itemId: 'i', title: 't', attributes: ['a', 'b', 'c'] });
    const head = items.encode(value).subarray(0, 14);
    const blocks = Buffer.concat([
      Buffer.of(3, 8),
      Buffer.from('\x02a\x02b'),
      Buffer.of(2),
      Buffer.from('\x02c'),
      Buffer.of(0),
    ]);
    expect(items.decode(Buffer.concat([head, blocks, Buffer.of(0, 0, 0)]))).toStrictEqual({ ok: true, value });
  });
});

describe('large numbers', () => {
  const letters = createCodec('dead-letter');
  const record = { topic: 't', partition: 0, offset: 2 ** 52 - 1, timestamp: -(2 ** 52) + 1, key: null, value: null };
  const letter = deadLetterOf(record, 'null-key', 'no key', 0);

  it('are exact below 2^52, and refused beyond', () => {
    expect(letters.decode(letters.encode(letter))).toStrictEqual({ ok: true, value: letter });
    expect(() => letters.encode({ ...letter, sourceTimestamp: 2 ** 52 })).toThrow('sourceTimestamp');
    expect(() => letters.encode({ ...letter, valueLength: 2 ** 52 })).toThrow('valueLength');
  });
});

describe('what is not valid', () => {
  const profiles = createCodec('profile-event');
  const unchecked = singleObjectFormat(readSchemas('profile-event'));
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`a${i}`, 0.5]));
  it.each([
    ['an empty id', { eventId: '' }, 'eventId'],
    ['a long id', { userId: 'x'.repeat(513) }, 'userId'],
    ['a gain above 1', { gains: { a: 1.01 } }, 'gains.a'],
    ['a gain that is no number', { gains: { a: Number.NaN } }, 'gains.a'],
    ['an infinite gain', { gains: { a: Number.NEGATIVE_INFINITY } }, 'gains.a'],
    ['a long attribute', { gains: { ['x'.repeat(201)]: 1 } }, 'gains'],
    ['too many gains', { gains: many }, '64'],
    ['a time in microseconds', { occurredAt: 1_700_000_000_000_000 }, 'milliseconds'],
    ['a time before 1970', { expiresAt: -1 }, 'expiresAt'],
  ])('%s is refused in both directions, and the message says where', (_, given, told) => {
    expect(() => profiles.encode(profileEvent(given))).toThrow(told);
    const decoded = profiles.decode(unchecked.encode(profileEvent(given)));
    expect(decoded).toMatchObject({ ok: false, reason: 'invalid-value' });
    expect(decoded.ok ? '' : decoded.message).toContain(told);
  });

  it('an attribute that JavaScript would drop is refused in both directions', () => {
    const gains = Object.fromEntries([['__proto__', 1]]);
    expect(() => profiles.encode(profileEvent({ gains }))).toThrow('__proto__');
    const bytes = unchecked.encode(profileEvent({ gains: { __prot0__: 1 } }));
    bytes.write('o', bytes.indexOf('__prot0__') + 6);
    expect(profiles.decode(bytes)).toMatchObject({ ok: false, reason: 'bad-bytes' });
  });

  it('a profile mode of a later version is refused, not guessed', () => {
    const later = unchecked.encode({ ...profileEvent(), mode: 'unknown' });
    expect(profiles.decode(later)).toMatchObject({ ok: false, reason: 'invalid-value' });
  });
});
