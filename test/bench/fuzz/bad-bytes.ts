/** Bytes that are not what their schema says. */
import avsc from 'avsc';
import { DEFAULT_STREAM_SETTINGS } from '../../../src/stream/settings.js';
import { HEADER_LENGTH } from '../chaos/bytes.js';
import { BAD_BYTES, type Damage, filler, rewritten, sound } from './damage.js';
import { ANY, dead } from './fuzzed.js';
import { noise } from './words.js';

const MAX_BYTES = DEFAULT_STREAM_SETTINGS.maxRecordBytes;
/** Those whose records have flipped bits: what such a record does to a state concerns nobody else. */
const FLIPPED_USERS = 40;

/** Zigzag, variable length. */
function long(value: number): Buffer {
  return avsc.Type.forSchema('long').toBuffer(value);
}

const headerOf = (value: Buffer): Buffer => value.subarray(0, HEADER_LENGTH);

export const flipped: Damage = (source, side) => {
  const record = sound(source, side, 'bits flipped', `flipped-${source.random.below(FLIPPED_USERS)}`);
  const value = Buffer.from(record.value);
  for (let left = 1 + source.random.below(4); left > 0; left -= 1) {
    const at = source.random.below(value.length);
    value[at] = value[at]! ^ (1 << source.random.below(8));
  }
  return { ...record, value, expected: ANY };
};

export const notUtf8 = rewritten('text not UTF-8', BAD_BYTES, ({ random }, value) => {
  // The first field is the event id: two bytes of length at most, and ids here are ASCII.
  const bytes = Buffer.from(value);
  bytes[HEADER_LENGTH + 2] = 0x80 + random.below(0x40);
  return bytes;
});

export const claims = rewritten('lengths beyond the end', BAD_BYTES, (source, value, side) => {
  const huge = source.pick([2 ** 31, 2 ** 45, 2 ** 53 - 2, -1, -(2 ** 40)]);
  if (side === 'interactions') return Buffer.concat([headerOf(value), long(huge), Buffer.from('event')]);
  const begin = { eventId: 'e', userId: 'u', mode: 'merge' };
  const [id, user] = [begin.eventId, begin.userId].map((text) => Buffer.concat([long(text.length), Buffer.from(text)]));
  return Buffer.concat([headerOf(value), id!, user!, long(1), long(huge), long(0), noise(source.random, 50)]);
});

export const noisy = rewritten('noise', BAD_BYTES, ({ random }) =>
  Buffer.concat([Buffer.from([1 + random.below(0xc2)]), noise(random, random.below(300))]),
);

export const noisyBody = rewritten(
  'noise after a header',
  dead('bad-bytes', 'invalid-value', 'key-mismatch'),
  ({ random }, value) => Buffer.concat([headerOf(value), noise(random, random.below(300))]),
);

export const oversize = rewritten('oversize', dead('oversize'), (source) => {
  return filler(source, MAX_BYTES + 1 + source.random.below(source.pick([1, 1000, MAX_BYTES])));
});

export const justInSize = rewritten('as large as may be', BAD_BYTES, (source, value) => {
  return Buffer.concat([value, filler(source, MAX_BYTES - value.length)]);
});
