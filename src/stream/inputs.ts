/** Input records as events, or as the dead letters that they become. */
import { decodeRecord } from '../events/classify.js';
import type { DeadLetterReason, Interaction, ProfileEvent } from '../events/events.js';
import type { WireFormat } from '../events/wire-format.js';
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

/**
 * One input for each record, and the same for the same record whenever it is asked for: healing skips what the batch
 * called dead. Never throws for what a producer sent.
 * @throws Unavailable while a schema that the records name cannot be asked for
 */
export type InputDecoder = (records: readonly LogRecord[]) => Promise<readonly Input[]>;

/** @param partitions of both topics: a key must lie where murmur2 places it, or its user would have two states */
export function createInputDecoder(
  topics: TaskTopics,
  partitions: number,
  maxBytes: number,
  wire: WireFormat,
): InputDecoder {
  return async (records) => {
    const decoders = await wire.prepare(records);
    const [interactions, profiles] = [decoders('interaction'), decoders('profile-event')];
    return records.map((record): Input => {
      if (record.topic === topics.profiles) {
        const profile = decodeRecord(record, profiles, userOf, partitions, maxBytes);
        if (profile.ok) return { kind: 'profile', record, event: profile.event };
        return { kind: 'dead', record, reason: profile.reason, message: profile.message };
      }
      const interaction = decodeRecord(record, interactions, userOf, partitions, maxBytes);
      if (interaction.ok) return { kind: 'interaction', record, event: interaction.event };
      return { kind: 'dead', record, reason: interaction.reason, message: interaction.message };
    });
  };
}

const userOf = ({ userId }: { readonly userId: string }): string => userId;
