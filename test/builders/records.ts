/** Events as the records of a proper producer. */
import { createCodec } from '../../src/events/codec.js';
import type { CatalogueItem, Interaction, ProfileEvent } from '../../src/events/events.js';
import type { OutgoingRecord } from '../../src/ports/log.js';
import { TEST_SETTINGS } from './stream.js';

const { topics } = TEST_SETTINGS;
const interactions = createCodec('interaction');
const profiles = createCodec('profile-event');
const items = createCodec('catalogue-item');

/** The log's timestamp is the event's own time. */
export function interactionRecord(event: Interaction): OutgoingRecord {
  const value = interactions.encode(event);
  return { topic: topics.interactions, key: Buffer.from(event.userId), value, timestamp: event.occurredAt };
}

/** The log's timestamp is the event's own time. */
export function profileRecord(event: ProfileEvent): OutgoingRecord {
  const value = profiles.encode(event);
  return { topic: topics.profiles, key: Buffer.from(event.userId), value, timestamp: event.occurredAt };
}

export function itemRecord(item: CatalogueItem): OutgoingRecord {
  return { topic: topics.catalogue, key: Buffer.from(item.itemId), value: items.encode(item) };
}

export function tombstone(itemId: string): OutgoingRecord {
  return { topic: topics.catalogue, key: Buffer.from(itemId), value: null };
}
