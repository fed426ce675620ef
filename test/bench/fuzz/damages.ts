/** The kinds of damage, and how often each comes. */
import { claims, flipped, justInSize, noisy, noisyBody, notUtf8, oversize } from './bad-bytes.js';
import { BAD_BYTES, type Damage, filler, rewritten, sound } from './damage.js';
import { dead, type Expected, PARTITIONS, placeOf } from './fuzzed.js';
import { gains, ids, ignored, kinds, numbers, times, unicodeUser, wildTimestamp } from './odd-values.js';
import { enumBeyond, foreign, framed, framedWrongly, otherVersion, unknownFingerprint } from './other-schemas.js';
import type { Source } from './source.js';
import { noise } from './words.js';

function rekeyed(kind: string, of: (source: Source, user: string) => Buffer): Damage {
  return (source, side) => {
    const userId = source.user();
    const key = of(source, userId);
    return { ...sound(source, side, kind, userId), key, partition: placeOf(key), expected: dead('key-mismatch') };
  };
}

/** Anywhere: kafkajs takes hours to place such a key, so its place is not known here. */
const hugeKey: Damage = (source, side) => {
  const key = filler(source, 900_000);
  return { ...sound(source, side, 'huge key'), key, expected: dead('key-mismatch', 'wrong-partition') };
};

const wrongPartition: Damage = (source, side) => {
  const record = sound(source, side, 'wrong partition');
  const partition = (record.partition + 1 + source.random.below(PARTITIONS - 1)) % PARTITIONS;
  return { ...record, partition, expected: dead('wrong-partition') };
};

const cutAndMisplaced: Damage = (source, side) => {
  const record = wrongPartition(source, side);
  const value = record.value!.subarray(0, source.random.below(record.value!.length));
  return { ...record, kind: 'cut, and wrong partition', value, expected: dead('bad-bytes', 'wrong-partition') };
};

const nothing = (kind: string, change: { key?: null; value?: null }, expected: Expected): Damage => {
  return (source, side) => ({ ...sound(source, side, kind), ...change, expected });
};

/** How often each comes, in proportion. The large ones are few: they cost as much as a thousand others. */
export const DAMAGES: readonly (readonly [weight: number, damage: Damage])[] = [
  [200, (source, side) => source.accepted(side, 'valid', source.event(side, source.user()))],
  [100, (source, side) => source.repeated(side)],
  [30, ignored],
  [30, kinds],
  [150, flipped],
  [100, rewritten('cut', BAD_BYTES, ({ random }, value) => value.subarray(0, random.below(value.length)))],
  [
    20,
    rewritten('bytes follow', BAD_BYTES, ({ random }, value) =>
      Buffer.concat([value, noise(random, 1 + random.below(20))]),
    ),
  ],
  [20, rewritten('empty', BAD_BYTES, () => Buffer.alloc(0))],
  [30, noisy],
  [30, noisyBody],
  [30, foreign],
  [30, unknownFingerprint],
  [20, otherVersion('an older version', (fields) => fields.splice(-2, 1))],
  [20, otherVersion('a later version', (fields) => fields.push({ name: 'mood', type: 'string' }))],
  [20, framed],
  [10, framedWrongly],
  [20, nothing('null key', { key: null }, dead('null-key'))],
  [20, nothing('null value', { value: null }, dead('null-value'))],
  [10, nothing('null key and value', { key: null, value: null }, dead('null-key'))],
  [30, rekeyed("another user's key", (_, user) => Buffer.from(`not ${user}`))],
  [20, rekeyed('key not UTF-8', ({ random }) => Buffer.concat([Buffer.from([0xff]), noise(random, random.below(30))]))],
  [1, hugeKey],
  [40, wrongPartition],
  [20, cutAndMisplaced],
  [40, enumBeyond],
  [40, numbers],
  [40, gains],
  [40, times],
  [40, wildTimestamp],
  [20, unicodeUser],
  [20, ids],
  [20, notUtf8],
  [20, claims],
  [2, oversize],
  [1, justInSize],
];
