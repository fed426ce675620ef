/** Opens the adapter of each port that the configuration names. What is not used is not loaded. */
import { readFile } from 'node:fs/promises';
import {
  type CheckpointPlace,
  type Config,
  ConfigError,
  type KafkaConfig,
  type RedisConfig,
  type RegistryConfig,
} from '../config.js';
import { SINGLE_OBJECT, type WireFormat } from '../events/wire-format.js';
import type { Logger } from '../ops/logger.js';
import type { CheckpointStore } from '../ports/checkpoint-store.js';
import { type Engine, type EngineObserver, STREAM_BATCHES } from '../ports/engine.js';
import type { Log } from '../ports/log.js';
import type { StateStore } from '../ports/state-store.js';
import type { TopicAdmin } from '../ports/topic-admin.js';
import { FolderCheckpointStore } from './checkpoints/folder-checkpoint-store.js';
import { SqliteLog } from './embedded/sqlite-log.js';
import { SqliteStateStore } from './embedded/sqlite-state-store.js';
import type { KafkaOptions } from './kafka/options.js';

/** Kafka is connected to at the first call, and the embedded log's file made where it is missing. */
export async function openLog({ dir, kafka }: Pick<Config, 'dir' | 'kafka'>, logger: Logger): Promise<Log> {
  if (!kafka) return SqliteLog.open(dir);
  const { KafkaLog } = await import('./kafka/kafka-log.js');
  return new KafkaLog(await kafkaOptions(kafka, logger));
}

/** Connected to at the first call; the embedded log has none. */
export async function openTopicAdmin(
  { kafka }: Pick<Config, 'kafka'>,
  logger: Logger,
): Promise<TopicAdmin | undefined> {
  if (!kafka) return undefined;
  const { KafkaTopicAdmin } = await import('./kafka/topic-admin.js');
  return new KafkaTopicAdmin(await kafkaOptions(kafka, logger));
}

/** @throws ConfigError that says what is wrong with the address */
export async function openStore({ dir, redis }: Pick<Config, 'dir' | 'redis'>, logger: Logger): Promise<StateStore> {
  if (!redis) return SqliteStateStore.open(dir);
  const { RedisStateStore } = await import('./redis/redis-state-store.js');
  return RedisStateStore.open({ redis: await redisOptions(redis), namespace: redis.namespace, logger });
}

/** Connected to at the first call; a folder is made at the first publication. */
export async function openCheckpoints(place: CheckpointPlace): Promise<CheckpointStore> {
  if (place.kind === 'folder') return new FolderCheckpointStore(place.folder);
  const { S3CheckpointStore } = await import('./checkpoints/s3-checkpoint-store.js');
  return new S3CheckpointStore(place);
}

/** With a registry both framings are read, whatever is written. */
export async function openWire({ wire, registry }: Pick<Config, 'wire' | 'registry'>): Promise<WireFormat> {
  if (!registry) return SINGLE_OBJECT;
  const { registryFormat } = await import('./registry/registry-format.js');
  return registryFormat({ ...registryOptions(registry), write: wire });
}

/** @throws Error where native TensorFlow is asked for and not prepared, or memory for the cache is lacking */
export async function openEngine(
  { engine, batch }: Pick<Config, 'engine' | 'batch'>,
  observer: EngineObserver,
): Promise<Engine> {
  const { name, ...options } = engine;
  if (name === 'onnx') {
    const { createOnnxEngine } = await import('./onnx/onnx-engine.js');
    // All that the stream asks for at once: no task is refused for the others.
    return createOnnxEngine({ ...options, streamQueue: STREAM_BATCHES * batch, observer });
  }
  const { createTfjsEngine } = await import('./tfjs/tfjs-engine.js');
  return createTfjsEngine(name);
}

async function kafkaOptions(kafka: KafkaConfig, logger: Logger): Promise<KafkaOptions> {
  const { DEFAULT_KAFKA_TIMING } = await import('./kafka/options.js');
  const { brokers, clientId, tls, compression, sessionMs, rebalanceMs } = kafka;
  const sasl = saslOf(kafka);
  const timing = {
    ...DEFAULT_KAFKA_TIMING,
    session: sessionMs,
    rebalance: rebalanceMs,
    heartbeat: Math.min(DEFAULT_KAFKA_TIMING.heartbeat, sessionMs / 5),
  };
  return { brokers, clientId, compression, timing, logger, ...(tls && { tls }), ...(sasl && { sasl }) };
}

function saslOf({ sasl }: KafkaConfig) {
  if (sasl?.mechanism !== 'oauthbearer') return sasl;
  return { mechanism: sasl.mechanism, token: () => tokenIn(sasl.tokenFile) };
}

async function redisOptions({ url, sentinel, tls, timeoutMs }: RedisConfig) {
  const { parseRedisUrl } = await import('./redis/redis-url.js');
  try {
    const options = parseRedisUrl(url, sentinel);
    return { ...options, timeoutMs, ...(options.tls && { tls: { ...options.tls, ...tls } }) };
  } catch (error) {
    // The environment's schema cannot know what an adapter reads; the message holds no password.
    throw new ConfigError([
      `STEERSTREAM_REDIS_URL cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
}

function registryOptions({ urls, username, password = '', tokenFile, ca, register }: RegistryConfig) {
  const bearer = tokenFile !== undefined && { kind: 'bearer' as const, token: () => tokenIn(tokenFile) };
  const basic = username !== undefined && { kind: 'basic' as const, username, password };
  const auth = bearer || basic;
  return { urls, register, ...(auth && { auth }), ...(ca !== undefined && { ca }) };
}

async function tokenIn(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trim();
}
