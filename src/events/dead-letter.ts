/** A record that could not be used, kept for whoever repairs its producer. */
import { hash } from 'node:crypto';
import type { SourceRecord } from './classify.js';
import type { DeadLetter, DeadLetterReason } from './events.js';

/** Bytes of the original value that are kept. */
export const MAX_KEPT_BYTES = 256 * 1024;

/**
 * Bytes of the original key that are kept, once as a field and once as the dead letter's own key: with a longer one a
 * dead letter might be larger than brokers take. Ids are much shorter.
 */
export const MAX_KEPT_KEY_BYTES = 16 * 1024;

/** `now` in ms. */
export function deadLetterOf(record: SourceRecord, reason: DeadLetterReason, message: string, now: number): DeadLetter {
  const { topic, partition, offset, timestamp, key, value } = record;
  const isCut = key !== null && key.length > MAX_KEPT_KEY_BYTES;
  return {
    reason,
    message: isCut
      ? `${message} (the key has ${key.length} bytes, and the first ${MAX_KEPT_KEY_BYTES} are kept here; SHA-256 of all of them: ${hash('sha256', key, 'hex')})`
      : message,
    source: { topic, partition, offset },
    sourceTimestamp: timestamp,
    key: isCut ? key.subarray(0, MAX_KEPT_KEY_BYTES) : key,
    value: value === null ? null : value.subarray(0, MAX_KEPT_BYTES),
    valueLength: value?.length ?? 0,
    valueSha256: value === null ? null : hash('sha256', value, 'hex'),
    producedAt: now,
  };
}
