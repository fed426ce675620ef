/** What an input record is, told plainly: an event, or the reason of its dead letter (docs/ARCHITECTURE.md, "Topics"). */
import kafkajs from 'kafkajs';
import type { DeadLetterReason, Interaction, ProfileEvent } from '../../../src/events/events.js';
import { decode, HEADER_LENGTH, schemaOf } from './bytes.js';
import type { Read } from './topics.js';
import { PARTITIONS, settingsOf, type World } from './world.js';

export type Expected =
  | { readonly kind: 'interaction'; readonly event: Interaction }
  | { readonly kind: 'profile'; readonly event: ProfileEvent }
  | { readonly kind: 'dead'; readonly reason: DeadLetterReason };

/** Where kafkajs places keys, which is where Kafka's Java client does. */
const place = kafkajs.Partitioners.DefaultPartitioner();
const partitionMetadata = Array.from({ length: PARTITIONS }, (_, partitionId) => {
  return { partitionId, leader: 1, replicas: [], isr: [], partitionErrorCode: 0 };
});

export function expectInput(record: Read, world: World): Expected {
  const { key, value, topic } = record;
  const kind = topic === world.topics.profiles ? 'profile' : 'interaction';
  if (key === null) return { kind: 'dead', reason: 'null-key' };
  if (value === null) return { kind: 'dead', reason: 'null-value' };
  if (value.length > settingsOf(world).maxRecordBytes) return { kind: 'dead', reason: 'oversize' };
  if (place({ topic, partitionMetadata, message: { key, value } }) !== record.partition) {
    return { kind: 'dead', reason: 'wrong-partition' };
  }
  const name = kind === 'profile' ? 'profile-event' : 'interaction';
  const { header } = schemaOf(name);
  if (value.length < HEADER_LENGTH || !value.subarray(0, 2).equals(header.subarray(0, 2))) {
    return { kind: 'dead', reason: 'bad-bytes' };
  }
  if (!value.subarray(0, HEADER_LENGTH).equals(header)) return { kind: 'dead', reason: 'unknown-schema' };
  let event: Interaction & ProfileEvent;
  try {
    event = decode(name, value) as Interaction & ProfileEvent;
  } catch {
    return { kind: 'dead', reason: 'bad-bytes' };
  }
  const gains = Object.values(event.gains ?? {});
  if (event.eventId === '' || gains.some((gain) => gain < -1 || gain > 1))
    return { kind: 'dead', reason: 'invalid-value' };
  if (event.userId !== key.toString()) return { kind: 'dead', reason: 'key-mismatch' };
  return { kind, event } as Expected;
}
