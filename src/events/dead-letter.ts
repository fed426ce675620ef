/** A record that could not be used, kept for whoever repairs its producer. */
import { hash } from 'node:crypto';
import type { SourceRecord } from './classify.js';
import type { DeadLetter, DeadLetterReason } from './events.js';

/** Bytes of the original value that are kept. */
export const MAX_KEPT_BYTES = 256 * 1024;

/** `now` in ms. */
export function deadLetterOf(record: SourceRecord, reason: DeadLetterReason, message: string, now: number): DeadLetter {
  const { topic, partition, offset, timestamp, key, value } = record;
  return {
    reason,
    message,
    source: { topic, partition, offset },
    sourceTimestamp: timestamp,
    key,
    value: value === null ? null : value.subarray(0, MAX_KEPT_BYTES),
    valueLength: value?.length ?? 0,
    valueSha256: value === null ? null : hash('sha256', value, 'hex'),
    producedAt: now,
  };
}
