/** A fuzzed record, and what must become of it: known from how it was made, never from the project's own decoder. */
import kafkajs from 'kafkajs';
import type { DeadLetterReason } from '../../../src/events/events.js';

export type Side = 'interactions' | 'profiles';
export type Outcome = 'list' | 'unchanged' | 'dead';

export interface Expected {
  /** One of these, and only once. */
  readonly outcomes: readonly Outcome[];
  /** Of a dead letter; none given: any. */
  readonly reasons: readonly DeadLetterReason[];
}

export const LIST: Expected = { outcomes: ['list'], reasons: [] };
export const UNCHANGED: Expected = { outcomes: ['unchanged'], reasons: [] };
/** Flipped bits may hit what nobody checks, such as an item's id. */
export const ANY: Expected = { outcomes: ['list', 'unchanged', 'dead'], reasons: [] };
export const dead = (...reasons: readonly DeadLetterReason[]): Expected => ({ outcomes: ['dead'], reasons });

export interface Fuzzed {
  readonly side: Side;
  /** How it was made. */
  readonly kind: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly partition: number;
  /** Ms, as a decimal: Kafka has 64 bits for it. */
  readonly timestamp: string;
  readonly expected: Expected;
}

export const PARTITIONS = 4;

const place = kafkajs.Partitioners.DefaultPartitioner();
const partitionMetadata = Array.from({ length: PARTITIONS }, (_, partitionId) => {
  return { partitionId, leader: 1, replicas: [], isr: [], partitionErrorCode: 0 };
});

/** Where kafkajs places a key, which is where Kafka's Java client does. */
export function placeOf(key: Buffer): number {
  return place({ topic: '', partitionMetadata, message: { key, value: null } });
}
