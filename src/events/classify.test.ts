import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { interaction } from '../../test/builders/events.js';
import { decodeRecord, type SourceRecord } from './classify.js';
import { createCodec } from './codec.js';
import { deadLetterOf, MAX_KEPT_BYTES, MAX_KEPT_KEY_BYTES } from './dead-letter.js';
import { partitionOf } from './murmur2.js';

const codec = createCodec('interaction');
const event = interaction({ userId: 'zoë' });
const key = Buffer.from('zoë');
const good: SourceRecord = {
  topic: 'interactions',
  partition: partitionOf(key, 12),
  offset: 7,
  timestamp: 1_000,
  key,
  value: codec.encode(event),
};

function outcome(given: Partial<SourceRecord>, partitions: number | null = 12): string {
  const classified = decodeRecord({ ...good, ...given }, codec, (value) => value.userId, partitions, 1_000);
  return classified.ok ? 'ok' : classified.reason;
}

describe('decodeRecord', () => {
  it('gives the event of a good record', () => {
    expect(decodeRecord(good, codec, (value) => value.userId, 12)).toEqual({ ok: true, event });
  });

  it('tells why a record cannot be used', () => {
    expect(outcome({ key: null })).toBe('null-key');
    expect(outcome({ value: null })).toBe('null-value');
    expect(outcome({ value: Buffer.alloc(1_001) })).toBe('oversize');
    expect(outcome({ value: Buffer.alloc(1_000) })).toBe('bad-bytes');
    expect(outcome({ partition: (good.partition + 1) % 12 })).toBe('wrong-partition');
    expect(outcome({ partition: 3 }, null)).toBe('ok');
    expect(outcome({ key: Buffer.from('zoe') }, null)).toBe('key-mismatch');
    expect(outcome({ value: codec.encode(event).fill(0, 2, 10) })).toBe('unknown-schema');
  });
});

describe('deadLetterOf', () => {
  const codecOfLetters = createCodec('dead-letter');

  it('keeps the bytes, cut, with the length and hash of the whole', () => {
    const value = Buffer.alloc(MAX_KEPT_BYTES + 5, 'x');
    const letter = deadLetterOf({ ...good, value }, 'oversize', 'too long', 9);
    expect(letter.value).toHaveLength(MAX_KEPT_BYTES);
    expect(letter).toMatchObject({
      valueLength: MAX_KEPT_BYTES + 5,
      valueSha256: createHash('sha256').update(value).digest('hex'),
      source: { topic: 'interactions', partition: good.partition, offset: 7 },
      sourceTimestamp: 1_000,
      producedAt: 9,
    });
    expect(codecOfLetters.decode(codecOfLetters.encode(letter))).toStrictEqual({ ok: true, value: letter });
  });

  it('cuts a key that is longer than any id, and says so', () => {
    const key = Buffer.alloc(MAX_KEPT_KEY_BYTES + 1, 'k');
    const letter = deadLetterOf({ ...good, key }, 'key-mismatch', 'not its key', 9);
    expect(letter.key).toEqual(key.subarray(0, MAX_KEPT_KEY_BYTES));
    expect(letter.message).toContain(`the key has ${key.length} bytes`);
    expect(letter.message).toContain(createHash('sha256').update(key).digest('hex'));
    const whole = deadLetterOf({ ...good, key: letter.key }, 'key-mismatch', 'not its key', 9);
    expect(whole).toMatchObject({ key: letter.key, message: 'not its key' });
  });

  it('can be made of a record that has nothing', () => {
    const letter = deadLetterOf({ ...good, key: null, value: null }, 'null-key', 'no key', 9);
    expect(letter).toMatchObject({ key: null, value: null, valueLength: 0, valueSha256: null });
    expect(codecOfLetters.decode(codecOfLetters.encode(letter))).toStrictEqual({ ok: true, value: letter });
  });
});
