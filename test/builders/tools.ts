/** The commands for whoever runs the service, and what they work on: the embedded adapters, or Kafka and Redis. */
import kafkajs from 'kafkajs';
import { expect, onTestFinished } from 'vitest';
import { openLog, openStore } from '../../src/adapters/open.js';
import { streamSettings } from '../../src/app/stream-settings.js';
import { type Config, loadConfig } from '../../src/config.js';
import { SILENT } from '../../src/ops/logger.js';
import type { Log, Task } from '../../src/ports/log.js';
import type { StateStore } from '../../src/ports/state-store.js';
import { Processor } from '../../src/stream/processor.js';
import type { StreamSettings } from '../../src/stream/settings.js';
import type { Terminal } from '../../src/terminal/program.js';
import { runLists } from '../../src/tools/lists.js';
import { runState } from '../../src/tools/state.js';
import { runTopics } from '../../src/tools/topics.js';
import { uniqueName } from '../services/use.js';
import { temporaryFolder } from './folder.js';
import { type Outcome, outcomeOf } from './outcome.js';
import { appendRaw, deleteBefore, type RawRecord } from './raw-log.js';
import { catalogueRecords, inputRecords, PARTITIONS, USERS } from './scenario.js';
import { processorParts, TEST_SETTINGS } from './stream.js';

export type Environment = Readonly<Record<string, string>>;

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line. */
export async function answer(
  run: (args: readonly string[], terminal: Terminal) => Promise<number>,
  env: Environment,
  args: readonly string[],
): Promise<Answer> {
  const texts = { out: '', err: '' };
  const code = await run(args, {
    env,
    signal: new AbortController().signal,
    out: (text) => void (texts.out += text),
    err: (text) => void (texts.err += text),
  });
  return { code, ...texts };
}

export const topicsCommand = (env: Environment, ...args: string[]): Promise<Answer> => answer(runTopics, env, args);
export const listsCommand = (env: Environment, ...args: string[]): Promise<Answer> => answer(runLists, env, args);
export const stateCommand = (env: Environment, ...args: string[]): Promise<Answer> => answer(runState, env, args);

/** A user's mistake is one line, and exit status 2. */
export function expectMistake({ code, out, err }: Answer, message: RegExp): void {
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(message);
  expect(err.trimEnd()).not.toContain('\n');
}

/** An environment of names that nobody else has. */
export function embeddedEnvironment(): Environment {
  return { STEERSTREAM_DIR: temporaryFolder(), STEERSTREAM_MAX_RECORD_BYTES: String(TEST_SETTINGS.maxRecordBytes) };
}

export function serversEnvironment(brokers: string, redis: string): Environment {
  const name = uniqueName('tools');
  const topics = Object.entries(TEST_SETTINGS.topics).map(([role, topic]) => {
    return [`STEERSTREAM_TOPIC_${role.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`, `${name}.${topic}`];
  });
  return {
    // Not what a demo left in the folder that is the default.
    ...embeddedEnvironment(),
    ...(Object.fromEntries(topics) as Environment),
    STEERSTREAM_LOG: 'kafka',
    STEERSTREAM_KAFKA_BROKERS: brokers,
    STEERSTREAM_STORE: 'redis',
    STEERSTREAM_REDIS_URL: redis,
    STEERSTREAM_GROUP: name,
  };
}

/** Settings of a service of this environment: small batches, no waiting. */
export function settingsOf(config: Config): StreamSettings {
  const { batchSize, healChunk, pollMs, watchMs, backoff } = TEST_SETTINGS;
  return { ...streamSettings(config), batchSize, healChunk, pollMs, watchMs, backoff };
}

/** Opens log and store of an environment, and ends them with the test. */
export async function openWorld(env: Environment): Promise<{ config: Config; log: Log; store: StateStore }> {
  const config = loadConfig(env);
  const [log, store] = [await openLog(config, SILENT), await openStore(config, SILENT)];
  onTestFinished(async () => {
    await store.close();
    await log.close();
  });
  return { config, log, store };
}

/** What the log and the store of an environment have of the scenario's users. */
export async function outcomeIn(env: Environment, users = [...USERS, 'newcomer']): Promise<Outcome> {
  const { config, log, store } = await openWorld(env);
  return outcomeOf(log, store, users, settingsOf(config));
}

/** Runs a service until the states of every task reflect the log to its end, then ends it. */
export async function serve(env: Environment, change: Partial<StreamSettings> = {}, at?: StateStore): Promise<void> {
  const { config, log, store: own } = await openWorld(env);
  const store = at ?? own;
  const settings = { ...settingsOf(config), ...change };
  const left = new Set((await log.extents(config.topics.interactions)).keys());
  const done = Promise.withResolvers<undefined>();
  const error = (message: string, fields: object | undefined): void => {
    done.reject(new Error(message, { cause: fields }));
  };
  const processor = new Processor(
    processorParts(log, store, {
      settings,
      now: () => 1_800_000_000_000,
      onFault: done.reject,
      logger: { ...SILENT, error },
      onStep: async (step, task) => {
        if (step !== 'idle' || !(await isAtEnd(log, store, settings, task))) return;
        left.delete(task.partition);
        if (left.size === 0) done.resolve(undefined);
      },
    }),
  );
  await processor.start();
  try {
    await done.promise;
  } finally {
    await processor.close();
  }
}

/** Topics with a catalogue and the first `records` inputs of the scenario, served to their end; the same environment. */
export async function served(env: Environment, records: number): Promise<Environment> {
  expect(await topicsCommand(env, 'create', '--partitions', String(PARTITIONS))).toMatchObject({ code: 0 });
  await appendCatalogue(env);
  await appendInputs(env, inputRecords(1, records));
  await serve(env, { start: 'earliest' });
  return env;
}

async function isAtEnd(log: Log, store: StateStore, { topics }: StreamSettings, task: Task): Promise<boolean> {
  const marker = await store.peekMarker(task);
  const endOf = async (topic: string): Promise<number> => (await log.extents(topic))[task.partition]?.end ?? 0;
  const [interactions, profiles] = [await endOf(topics.interactions), await endOf(topics.profiles)];
  return (marker?.interactions ?? 0) === interactions && (marker?.profiles ?? 0) === profiles;
}

export async function appendCatalogue(env: Environment): Promise<void> {
  const { config, log } = await openWorld(env);
  await log.append(catalogueRecords().map((record) => ({ ...record, topic: config.topics.catalogue })));
}

/** Writes records of a scenario (scenario.ts) to the topics of an environment, each to the partition it names. */
export async function appendInputs(env: Environment, records: readonly RawRecord[]): Promise<void> {
  const { topics, kafka, dir } = loadConfig(env);
  const named = records.map((record) => {
    return { ...record, topic: record.topic === TEST_SETTINGS.topics.profiles ? topics.profiles : topics.interactions };
  });
  if (!kafka) {
    appendRaw(dir, named);
    return;
  }
  const { Kafka, logLevel } = kafkajs;
  const producer = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).producer({
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0,
  });
  await producer.connect();
  for (const [topic, of] of Map.groupBy(named, ({ topic }) => topic)) {
    const messages = of.map(({ partition, key, value, timestamp }) => ({
      partition,
      key,
      value,
      timestamp: String(timestamp),
    }));
    await producer.send({ topic, messages });
  }
  await producer.disconnect();
}

/** Deletes the interactions of a partition before an offset, as retention does. */
export async function deleteInputsBefore(env: Environment, partition: number, offset: number): Promise<void> {
  const { topics, kafka, dir } = loadConfig(env);
  if (!kafka) {
    deleteBefore(dir, topics.interactions, partition, offset);
    return;
  }
  const { Kafka, logLevel } = kafkajs;
  const admin = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  // It knows topics only that it has asked for.
  await admin.fetchTopicMetadata({ topics: [topics.interactions] });
  const partitions = [{ partition, offset: String(offset) }];
  await admin.deleteTopicRecords({ topic: topics.interactions, partitions });
  await admin.disconnect();
}

/** Gives topics of a broker more partitions, as its own tool does. */
export async function raisePartitions(brokers: string, topics: readonly string[], count: number): Promise<void> {
  const { Kafka, logLevel } = kafkajs;
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createPartitions({ topicPartitions: topics.map((topic) => ({ topic, count })) });
  await admin.disconnect();
}
