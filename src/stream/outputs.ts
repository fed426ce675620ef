/** What a task writes to the log: lists, dead letters, and the events that end gains. */
import type { Encoder } from '../events/codec.js';
import { MAX_ID_LENGTH } from '../events/contracts.js';
import { deadLetterOf } from '../events/dead-letter.js';
import type { DeadLetter, ProfileEvent, RecommendationList } from '../events/events.js';
import type { WireFormat } from '../events/wire-format.js';
import type { OutgoingRecord } from '../ports/log.js';
import type { Expiry } from '../ports/state-store.js';
import type { DeadInput } from './inputs.js';
import type { StreamTopics } from './settings.js';

export interface OutputEncoders {
  readonly lists: Encoder<RecommendationList>;
  readonly deadLetters: Encoder<DeadLetter>;
  readonly profiles: Encoder<ProfileEvent>;
}

/** Events as the records that are written for them. */
export interface Outputs {
  /** Keyed by the user: the newest list of a user survives compaction. */
  list(list: RecommendationList): OutgoingRecord;
  /** Keyed as its source. `now` in ms. */
  deadLetter(dead: DeadInput, now: number): OutgoingRecord;
  /**
   * The event that ends a user's gains. Its id is a function of time and user (ids count within a user, so a long one
   * may be cut), and its timestamp is ours: a log whose clock is behind would otherwise end the gains too early to count.
   */
  expire(expiry: Expiry, now: number): OutgoingRecord;
}

/** @throws as WireFormat.encoder */
export async function openOutputs(wire: WireFormat, topics: StreamTopics): Promise<Outputs> {
  const [lists, deadLetters, profiles] = await Promise.all([
    wire.encoder('recommendation-list', topics.recommendations),
    wire.encoder('dead-letter', topics.deadLetters),
    wire.encoder('profile-event', topics.profiles),
  ]);
  return createOutputs({ lists, deadLetters, profiles }, topics);
}

export function createOutputs({ lists, deadLetters, profiles }: OutputEncoders, topics: StreamTopics): Outputs {
  return {
    list: (list) => ({ topic: topics.recommendations, key: Buffer.from(list.userId), value: lists.encode(list) }),
    deadLetter: ({ record, reason, message }, now) => {
      const letter = deadLetterOf(record, reason, message, now);
      return { topic: topics.deadLetters, key: letter.key, value: deadLetters.encode(letter) };
    },
    expire: ({ userId, at }, now) => {
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
      return { topic: topics.profiles, key: Buffer.from(userId), value, timestamp: now };
    },
  };
}
