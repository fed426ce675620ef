/** What a task writes to the log: lists, dead letters, and the events that end gains. */
import { createCodec } from '../events/codec.js';
import { MAX_ID_LENGTH } from '../events/contracts.js';
import { deadLetterOf } from '../events/dead-letter.js';
import type { RecommendationList } from '../events/events.js';
import type { OutgoingRecord } from '../ports/log.js';
import type { Expiry } from '../ports/state-store.js';
import type { DeadInput } from './inputs.js';

const lists = createCodec('recommendation-list');
const deadLetters = createCodec('dead-letter');
const profiles = createCodec('profile-event');

/** Keyed by the user: the newest list of a user survives compaction. */
export function encodeList(list: RecommendationList, topic: string): OutgoingRecord {
  return { topic, key: Buffer.from(list.userId), value: lists.encode(list) };
}

/** Keyed as its source. `now` in ms. */
export function encodeDeadLetter({ record, reason, message }: DeadInput, topic: string, now: number): OutgoingRecord {
  return { topic, key: record.key, value: deadLetters.encode(deadLetterOf(record, reason, message, now)) };
}

/**
 * The event that ends a user's gains. Its id is a function of time and user (ids count within a user, so a long one may
 * be cut), and its timestamp is ours: a log whose clock is behind would otherwise end the gains too early to count.
 */
export function encodeExpire({ userId, at }: Expiry, topic: string, now: number): OutgoingRecord {
  const value = profiles.encode({
    eventId: `expire:${at}:${userId}`.slice(0, MAX_ID_LENGTH),
    userId,
    mode: 'expire',
    gains: {},
    expiresAt: null,
    preset: null,
    expectedVersion: null,
    occurredAt: at,
  });
  return { topic, key: Buffer.from(userId), value, timestamp: now };
}
