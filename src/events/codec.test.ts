import { describe, expect, it } from 'vitest';
import { catalogueItem, interaction, profileEvent } from '../../test/builders/events.js';
import { createCodec } from './codec.js';
import { deadLetterOf } from './dead-letter.js';
import { readSchemas } from './schema-files.js';
import { singleObjectFormat } from './single-object.js';

// What every wire format promises is in test/contracts/wire-format.contract.ts.
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

  it('says that a registry must be configured where one is named', () => {
    const framed = Buffer.concat([Buffer.of(0, 0, 0, 1, 2), good.subarray(10)]);
    const decoded = codec.decode(framed);
    expect(decoded).toMatchObject({ ok: false, reason: 'unknown-schema' });
    expect(decoded.ok ? '' : decoded.message).toContain('schema 258 of a schema registry');
    expect(decoded.ok ? '' : decoded.message).toContain('STEERSTREAM_REGISTRY_URL');
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
