/**
 * Compression as Kafka itself, in Java, writes and reads it. A topic that names a codec is recompressed by the broker;
 * one that wants none makes the broker expand what it gets.
 */
import { hash, randomBytes } from 'node:crypto';
import kafkajs from 'kafkajs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KafkaClient } from '../../../src/adapters/kafka/client.js';
import { COMPRESSION_TYPES } from '../../../src/adapters/kafka/compression.js';
import { COMPRESSIONS } from '../../../src/adapters/kafka/options.js';
import { uniqueName, useKafka } from '../../services/use.js';
import { kafkaOptions, openLog, readFrom, record } from './logs.js';

const brokers = await useKafka();
const CODECS = COMPRESSIONS.filter((name) => name !== 'none');

async function makeTopic(compression: string): Promise<string> {
  const topic = uniqueName('t');
  const admin = new KafkaClient(kafkaOptions(brokers)).admin();
  onTestFinished(() => admin.disconnect());
  await admin.connect();
  const configEntries = [{ name: 'compression.type', value: compression }];
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }], waitForLeaders: true });
  return topic;
}

/** Counts the batches that this codec expands, until the test ends. */
function countExpanded(compression: (typeof CODECS)[number]): () => number {
  const codecs = kafkajs.CompressionCodecs as Record<number, () => { decompress(buffer: Buffer): Promise<Buffer> }>;
  const type = COMPRESSION_TYPES[compression];
  const before = codecs[type]!;
  const codec = before();
  let count = 0;
  codecs[type] = () => ({
    ...codec,
    decompress: (buffer: Buffer) => {
      count += 1;
      return codec.decompress(buffer);
    },
  });
  onTestFinished(() => {
    codecs[type] = before;
  });
  return () => count;
}

/** Small and large, alike and random: Java's snappy has blocks of 32 KiB, and its lz4 of 64 KiB. */
const VALUES = [
  Buffer.from('x'),
  Buffer.alloc(0),
  randomBytes(50_000),
  Buffer.alloc(200_000, 'a'),
  Buffer.from('häßlich '.repeat(5000)),
  randomBytes(100_000),
];

function digest({ value }: { readonly value: Buffer | null }): string | null {
  return value && hash('sha256', value);
}

describe.each(CODECS)('%s', (compression) => {
  it('is read as Java writes it', async () => {
    const topic = await makeTopic(compression);
    const log = openLog(brokers);
    await log.append(VALUES.map((value) => record(topic, value)));
    const expanded = countExpanded(compression);
    const found = await readFrom(log, topic, 0);
    expect(found.map(digest)).toEqual(VALUES.map((value) => digest({ value })));
    expect(expanded()).toBeGreaterThan(0);
  });

  it('is written as Java reads it', async () => {
    const topic = await makeTopic('uncompressed');
    const log = openLog(brokers, { compression });
    await log.append(VALUES.map((value) => record(topic, value)));
    const expanded = countExpanded(compression);
    const found = await readFrom(log, topic, 0);
    expect(found.map(digest)).toEqual(VALUES.map((value) => digest({ value })));
    // It was Java that expanded it.
    expect(expanded()).toBe(0);
  });

  it('is kept as it was written, where the topic says nothing', async () => {
    const topic = await makeTopic('producer');
    const log = openLog(brokers, { compression });
    await log.append(VALUES.map((value) => record(topic, value)));
    const expanded = countExpanded(compression);
    const found = await readFrom(log, topic, 0);
    expect(found.map(digest)).toEqual(VALUES.map((value) => digest({ value })));
    expect(expanded()).toBeGreaterThan(0);
  });
});
