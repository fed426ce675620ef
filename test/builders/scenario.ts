/**
 * A seeded log with everything that can be in one: interactions of every meaning, profile events of every mode but
 * expiry, repeats, clocks that go back, and each kind of bad record.
 */
import { createCodec } from '../../src/events/codec.js';
import { PROFILE_MODES, type ProfileMode } from '../../src/events/events.js';
import { partitionOf } from '../../src/events/murmur2.js';
import type { OutgoingRecord } from '../../src/ports/log.js';
import { catalogueItem, interaction, profileEvent } from './events.js';
import type { RawRecord } from './raw-log.js';
import { TEST_SETTINGS } from './stream.js';

export const PARTITIONS = 3;
export const USERS = Array.from({ length: 20 }, (_, index) => `user-${index}`);

const { topics } = TEST_SETTINGS;
const EPOCH = 1_700_000_000_000;
const codecs = {
  interaction: createCodec('interaction'),
  profile: createCodec('profile-event'),
  catalogue: createCodec('catalogue-item'),
};

export function catalogueRecords(): readonly OutgoingRecord[] {
  const record = (itemId: string, value: Buffer | null): OutgoingRecord => {
    return { topic: topics.catalogue, key: Buffer.from(itemId), value };
  };
  const items = Array.from({ length: 30 }, (_, index) => `item-${index}`);
  return [
    ...items.map((itemId) => record(itemId, codecs.catalogue.encode(catalogueItem({ itemId })))),
    record('item-3', null),
    record('item-4', Buffer.from('garbage')),
  ];
}

/** `count` records of both input topics, each on its partition; `seed` also keeps event ids apart. */
export function inputRecords(seed: number, count: number): readonly RawRecord[] {
  const random = generator(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  return Array.from({ length: count }, (_, index): RawRecord => {
    const userId = pick(USERS);
    const key = Buffer.from(userId);
    // Mostly forward, now and then back; later seeds are later.
    const time = EPOCH + seed * 1_000_000 + index * 1000 + Math.floor(random() * 8000) - 4000;
    const repeats = random() < 0.06 && index > 0;
    const eventId = `${seed}-${repeats ? Math.max(0, index - 1 - Math.floor(random() * 3)) : index}`;
    const place = { partition: partitionOf(key, PARTITIONS), timestamp: time, key };
    if (random() < 0.2) {
      const mode = pick(PROFILE_MODES.filter((one): one is ProfileMode => one !== 'expire'));
      const gains = ['merge', 'replace'].includes(mode)
        ? { [`genre/${pick(['a', 'b', 'c'])}`]: pick([-1, 0.5, 1]) }
        : {};
      const expectedVersion = random() < 0.2 ? Math.floor(random() * 4) : null;
      const occurredAt = time - Math.floor(random() * 5000);
      const event = profileEvent({ eventId, userId, mode, gains, expectedVersion, occurredAt });
      return { ...place, topic: topics.profiles, value: codecs.profile.encode(event) };
    }
    const kind = pick(['view', 'view', 'view', 'view', 'play', 'dislike', 'impression']);
    const event = interaction({ eventId, userId, itemId: `item-${Math.floor(random() * 40)}`, kind, occurredAt: time });
    const good = { ...place, topic: topics.interactions, value: codecs.interaction.encode(event) };
    return index % 11 === 5 ? damaged(good, (index - 5) / 11) : good;
  });
}

/** Makes a record bad, in one way after the other. */
function damaged(good: RawRecord, way: number): RawRecord {
  const value = good.value ?? Buffer.alloc(0);
  const ways: readonly RawRecord[] = [
    { ...good, value: Buffer.from('not avro') },
    { ...good, value: null },
    { ...good, key: null },
    { ...good, partition: (good.partition + 1) % PARTITIONS },
    { ...good, value: Buffer.concat([value, Buffer.from([0])]) },
    // Another schema's fingerprint.
    { ...good, value: Buffer.concat([value.subarray(0, 2), Buffer.alloc(8, 7), value.subarray(10)]) },
    { ...good, value: Buffer.alloc(TEST_SETTINGS.maxRecordBytes + 1) },
  ];
  return ways[way % ways.length] ?? good;
}

/** Park and Miller's generator: numbers in [0, 1). */
function generator(seed: number): () => number {
  let state = seed * 7919 + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
