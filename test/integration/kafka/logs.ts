/** Connections to a broker for tests, which end with their test. */
import kafkajs, { type Producer } from 'kafkajs';
import { onTestFinished } from 'vitest';
import { KafkaLog } from '../../../src/adapters/kafka/kafka-log.js';
import { DEFAULT_KAFKA_TIMING, type KafkaOptions } from '../../../src/adapters/kafka/options.js';
import { SILENT } from '../../../src/ops/logger.js';
import type { LogRecord, OutgoingRecord, Position, TaskLog, TaskTopics } from '../../../src/ports/log.js';
import { uniqueName } from '../../services/use.js';

export const NEVER = new AbortController().signal;
export const TASK = { partition: 0 };

export function kafkaOptions(brokers: string, changes: Partial<KafkaOptions> = {}): KafkaOptions {
  return {
    brokers: [brokers],
    clientId: 'test',
    compression: 'none',
    timing: { ...DEFAULT_KAFKA_TIMING, heartbeat: 100 },
    logger: SILENT,
    ...changes,
  };
}

/** Is closed when the test ends. */
export function openLog(brokers: string, changes?: Partial<KafkaOptions>): KafkaLog {
  const log = new KafkaLog(kafkaOptions(brokers, changes));
  onTestFinished(() => log.close());
  return log;
}

export interface Names {
  readonly topics: TaskTopics;
  readonly outputs: string;
  readonly group: string;
}

export function uniqueNames(): Names {
  const name = uniqueName('t');
  return {
    topics: { interactions: `${name}-i`, profiles: `${name}-p` },
    outputs: `${name}-o`,
    group: `${name}-g`,
  };
}

/** The topics of a task, and a topic for what it writes. */
export async function makeTopics(log: KafkaLog, { topics, outputs }: Names, partitions = 1): Promise<void> {
  await log.ensureTopic(topics.interactions, partitions);
  await log.ensureTopic(topics.profiles, partitions);
  await log.ensureTopic(outputs, 1);
}

export function takeOver(log: KafkaLog, { group, topics }: Names, token: string, task = TASK): Promise<TaskLog> {
  return log.takeOver(group, topics, task, token, 'earliest');
}

export function record(topic: string, value: string | Buffer, key: Buffer | null = Buffer.from('ann')): OutgoingRecord {
  return { topic, key, value: Buffer.from(value) };
}

/** kafkajs's own producer of transactions, as another program would have it. Ends when the test does. */
export async function plainProducer(brokers: string, transactionalId: string): Promise<Producer> {
  const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING });
  const producer = kafka.producer({
    transactionalId,
    idempotent: true,
    maxInFlightRequests: 1,
    retry: { retries: 20 },
  });
  onTestFinished(() => producer.disconnect());
  await producer.connect();
  return producer;
}

/** Everything from an offset to the present end, in portions. */
export async function readFrom(log: KafkaLog, topic: string, from: number, max = 50): Promise<readonly LogRecord[]> {
  const { end } = (await log.extents(topic))[0]!;
  const records: LogRecord[] = [];
  for (let at = from; at < end; ) {
    const { records: portion, next } = await log.read(topic, 0, at, max);
    records.push(...portion);
    if (next <= at) throw new Error(`reading does not get past ${at} of ${end}`);
    at = next;
  }
  return records;
}

export function valuesOf(records: readonly LogRecord[]): readonly string[] {
  return records.map(({ value }) => String(value));
}

/** A position further on: committed offsets may be any numbers. */
export function later(position: Position, by = 1): Position {
  return { interactions: position.interactions + by, profiles: position.profiles + by };
}
