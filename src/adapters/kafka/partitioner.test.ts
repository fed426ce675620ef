import fc from 'fast-check';
import kafkajs, { type Message } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { partitionOf } from '../../events/murmur2.js';
import { byMurmur2 } from './partitioner.js';

const PARTITIONS = 7;
const partitionMetadata = Array.from({ length: PARTITIONS }, (_, partitionId) => {
  return { partitionId, leader: 1, replicas: [], isr: [], partitionErrorCode: 0 };
});
const [ours, theirs] = [byMurmur2(), kafkajs.Partitioners.DefaultPartitioner()];
const given = (message: Partial<Message>) => ({ topic: 't', partitionMetadata, message: { value: null, ...message } });

describe('byMurmur2', () => {
  it('places keys where kafkajs does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const message = given({ key: Buffer.from(bytes) });
        expect(ours(message)).toBe(theirs(message));
      }),
    );
  });

  it('places a key of the largest size, for which kafkajs takes hours', () => {
    const key = Buffer.alloc(1024 * 1024, 200);
    expect(ours(given({ key }))).toBe(partitionOf(key, PARTITIONS));
  });

  it('leaves alone what has a partition already, and records without a key to kafkajs', () => {
    expect(ours(given({ key: Buffer.from('a'), partition: 5 }))).toBe(5);
    const places = Array.from({ length: 3 * PARTITIONS }, () => ours(given({ key: null })));
    expect(new Set(places).size).toBe(PARTITIONS);
  });
});
