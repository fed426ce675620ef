/** From a record of the log to an event, or to the reason why it is a dead letter. */
import type { Decoder } from './codec.js';
import type { DeadLetterReason } from './events.js';
import { partitionOf } from './murmur2.js';

/** A record of the log, as far as this folder needs to know it. */
export interface SourceRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The log's own timestamp, ms. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export type Classified<T> =
  | { readonly ok: true; readonly event: T }
  | { readonly ok: false; readonly reason: DeadLetterReason; readonly message: string };

/** Largest value of an input record, bytes. */
export const MAX_INPUT_BYTES = 1024 * 1024;

/**
 * Decodes a record whose key must be the UTF-8 bytes of `keyOf(event)`. Never throws for what a producer sent.
 * A tombstone is a dead letter (`null-value`): where it has a meaning, look for it before.
 * @param partitions of the topic, when the key must lie where Kafka's Java client places it; null: anywhere
 */
export function decodeRecord<T>(
  record: SourceRecord,
  decoder: Decoder<T>,
  keyOf: (event: T) => string,
  partitions: number | null,
  maxBytes = MAX_INPUT_BYTES,
): Classified<T> {
  const { key, value } = record;
  if (key === null) return dead('null-key', 'the record has no key: give the id that the event is about');
  if (value === null)
    return dead('null-value', 'the record has no value: nothing is deleted from this topic by tombstones');
  if (value.length > maxBytes)
    return dead('oversize', `the value has ${value.length} bytes, at most ${maxBytes} are read`);
  if (partitions !== null) {
    const expected = partitionOf(key, partitions);
    if (expected !== record.partition) {
      return dead(
        'wrong-partition',
        `the key belongs on partition ${expected} of ${partitions}, not ${record.partition}: ` +
          'let the producer place keys by murmur2 (librdkafka: partitioner=murmur2_random)',
      );
    }
  }
  const decoded = decoder.decode(value);
  if (!decoded.ok) return dead(decoded.reason, decoded.message);
  if (!isTextOf(key, keyOf(decoded.value))) {
    return dead('key-mismatch', 'the key is not the UTF-8 id that the event names: send the event under its own key');
  }
  return { ok: true, event: decoded.value };
}

/** Whether these are the UTF-8 bytes of a text. Most ids are ASCII: a buffer of each would be made for nothing. */
function isTextOf(bytes: Buffer, text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return bytes.equals(Buffer.from(text, 'utf8'));
    if (bytes[i] !== code) return false;
  }
  return bytes.length === text.length;
}

function dead(reason: DeadLetterReason, message: string): Classified<never> {
  return { ok: false, reason, message };
}
