/** Input records as events, or as the dead letters that they become. */
import { decodeRecord } from '../events/classify.js';
import { createCodec } from '../events/codec.js';
import type { DeadLetterReason, Interaction, ProfileEvent } from '../events/events.js';
import type { LogRecord, TaskTopics } from '../ports/log.js';

export interface DeadInput {
  readonly kind: 'dead';
  readonly record: LogRecord;
  readonly reason: DeadLetterReason;
  readonly message: string;
}

export type Input =
  | { readonly kind: 'interaction'; readonly record: LogRecord; readonly event: Interaction }
  | { readonly kind: 'profile'; readonly record: LogRecord; readonly event: ProfileEvent }
  | DeadInput;

/** Pure: healing skips what the batch called dead. Never throws for what a producer sent. */
export type InputDecoder = (record: LogRecord) => Input;

/** @param partitions of both topics: a key must lie where murmur2 places it, or its user would have two states */
export function createInputDecoder(topics: TaskTopics, partitions: number, maxBytes: number): InputDecoder {
  const interactions = createCodec('interaction');
  const profiles = createCodec('profile-event');
  const keyOf = ({ userId }: { readonly userId: string }): string => userId;
  return (record) => {
    if (record.topic === topics.profiles) {
      const profile = decodeRecord(record, profiles, keyOf, partitions, maxBytes);
      if (profile.ok) return { kind: 'profile', record, event: profile.event };
      return { kind: 'dead', record, reason: profile.reason, message: profile.message };
    }
    const interaction = decodeRecord(record, interactions, keyOf, partitions, maxBytes);
    if (interaction.ok) return { kind: 'interaction', record, event: interaction.event };
    return { kind: 'dead', record, reason: interaction.reason, message: interaction.message };
  };
}
