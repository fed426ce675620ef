/** Two instances of the compiled service share the tasks, on Kafka and Redis; one is told to end while records come. */
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { FolderCheckpointStore } from '../../src/adapters/checkpoints/folder-checkpoint-store.js';
import type { KafkaLog } from '../../src/adapters/kafka/kafka-log.js';
import { createCodec } from '../../src/events/codec.js';
import { tinyCheckpointFiles, TINY_ITEMS } from '../builders/checkpoint.js';
import { interaction } from '../builders/events.js';
import { temporaryFolder } from '../builders/folder.js';
import { recordsOf } from '../builders/outcome.js';
import { interactionRecord } from '../builders/records.js';
import { samplesOf } from '../builders/samples.js';
import { startService } from '../builders/service-process.js';
import { openLog } from '../integration/kafka/logs.js';
import { uniqueName, useKafka, useRedis } from '../services/use.js';
import { untilReady } from './world.js';

const [brokers, redis] = await Promise.all([useKafka(), useRedis()]);
const PARTITIONS = 4;
const PATIENCE = { timeout: 40_000, interval: 50 };
const lists = createCodec('recommendation-list');

async function metricsOf(url: string): Promise<ReadonlyMap<string, number>> {
  return samplesOf(await (await fetch(`${url}/metrics`)).text());
}

/** Partitions of the tasks that run on an instance. */
async function runningOn(url: string): Promise<readonly number[]> {
  const isRunning = /^steerstream_task_phase\{partition="(\d+)",phase="running"\}$/;
  return [...(await metricsOf(url))].flatMap(([name, value]) => {
    const partition = isRunning.exec(name)?.[1];
    return value === 1 && partition !== undefined ? [Number(partition)] : [];
  });
}

/** Where each list came from: `partition/offset`. */
async function sourcesOf(log: KafkaLog, topic: string): Promise<readonly string[]> {
  return (await recordsOf(log, topic)).map(({ value }) => {
    const decoded = lists.decode(value!);
    if (!decoded.ok) throw new Error(decoded.message);
    return `${decoded.value.source.partition}/${decoded.value.source.offset}`;
  });
}

/** Appends interactions of many users, a few at a time, until told to stop. Tells how many there are. */
function produce(log: KafkaLog, topic: string): { readonly count: () => number; readonly stop: () => Promise<number> } {
  let [count, isOver] = [0, false];
  const work = (async () => {
    while (!isOver) {
      const events = Array.from({ length: 20 }, (_, n) => {
        const itemId = TINY_ITEMS[(count + n) % TINY_ITEMS.length]!;
        return interaction({ userId: `user-${(count + n) % 97}`, itemId, occurredAt: Date.now() });
      });
      await log.append(events.map((event) => ({ ...interactionRecord(event), topic })));
      count += events.length;
    }
    return count;
  })();
  work.catch(() => undefined);
  return {
    count: () => count,
    stop: () => {
      isOver = true;
      return work;
    },
  };
}

it('an instance that is told to end finishes its batches, and the other has its tasks', {
  timeout: 180_000,
}, async () => {
  const name = uniqueName('instances');
  const dir = temporaryFolder();
  const log = openLog(brokers);
  const topics = {
    INTERACTIONS: `${name}-i`,
    PROFILES: `${name}-p`,
    CATALOGUE: `${name}-c`,
    RECOMMENDATIONS: `${name}-r`,
    DEAD_LETTERS: `${name}-d`,
  };
  for (const topic of Object.values(topics)) await log.ensureTopic(topic, PARTITIONS);
  await new FolderCheckpointStore(path.join(dir, 'checkpoints')).publish(tinyCheckpointFiles());
  const variables = {
    DIR: dir,
    LOG: 'kafka',
    KAFKA_BROKERS: brokers,
    // Far longer than this test waits: tasks that moved were handed over.
    KAFKA_SESSION: '120',
    STORE: 'redis',
    REDIS_URL: redis,
    GROUP: name,
    START: 'earliest',
    LIST_SIZE: '3',
    ...Object.fromEntries(Object.entries(topics).map(([key, topic]) => [`TOPIC_${key}`, topic])),
  };
  const [leaving, staying] = await Promise.all([startService(variables), startService(variables)]);
  const shared = async (): Promise<number[]> =>
    (await Promise.all([leaving, staying].map(({ url }) => runningOn(url)))).map((own) => own.length);
  await expect.poll(shared, PATIENCE).toEqual([2, 2]);
  await Promise.all([untilReady(leaving.url), untilReady(staying.url)]);

  const producing = produce(log, topics.INTERACTIONS);
  onTestFinished(async () => {
    await producing.stop().catch(() => 0);
  });
  const made = async (url: string): Promise<number> => (await metricsOf(url)).get('steerstream_lists_total') ?? 0;
  await expect.poll(() => made(leaving.url), PATIENCE).toBeGreaterThan(200);
  const ended = await leaving.end('SIGTERM');
  expect([ended.status, ended.stderr.includes('"level":"error"')]).toEqual([0, false]);
  const before = producing.count();
  await expect.poll(() => runningOn(staying.url), PATIENCE).toEqual([0, 1, 2, 3]);
  await untilReady(staying.url);
  await expect.poll(() => producing.count(), PATIENCE).toBeGreaterThan(before + 200);
  const count = await producing.stop();

  await expect.poll(async () => (await sourcesOf(log, topics.RECOMMENDATIONS)).length, PATIENCE).toBe(count);
  expect(new Set(await sourcesOf(log, topics.RECOMMENDATIONS)).size).toBe(count);
  const samples = await metricsOf(staying.url);
  expect(samples.get('steerstream_take_overs_total')).toBeGreaterThanOrEqual(4);
  expect(samples.get('steerstream_checkpoint_sequence')).toBe(1);
  // What the other had in flight was finished: nothing was left to heal.
  expect(samples.get('steerstream_healed_records_total{input="interactions"}')).toBe(0);
  expect((await staying.end('SIGTERM')).status).toBe(0);
  expect(await sourcesOf(log, topics.RECOMMENDATIONS)).toHaveLength(count);
});
