/**
 * The environment, read once, by one schema. Everything else is handed a Config, or a part of one.
 *
 * Every variable starts with STEERSTREAM_. An empty value counts as not given. docs/configuration.md is written from
 * this schema.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type Environment,
  EnvironmentSchema,
  type Meaning,
  PREFIX,
  type Seen,
  variables,
} from './config/environment.js';
import { S3_PLACE } from './config/connections.js';
import { closest } from './text/closest.js';

/** Of the variables that name servers for the tests. */
const TESTS_PREFIX = `${PREFIX}TEST_`;

export interface KafkaConfig {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls: Tls | undefined;
  readonly sasl: KafkaSasl | undefined;
  readonly compression: Environment['KAFKA_COMPRESSION'];
  readonly sessionMs: number;
  readonly rebalanceMs: number;
}

export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'oauthbearer'; readonly tokenFile: string };

/** PEM texts. */
export interface Tls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface RedisConfig {
  readonly url: string;
  /** Of the Sentinels themselves. */
  readonly sentinel: { readonly username?: string; readonly password?: string };
  readonly namespace: string;
  readonly tls: Tls;
  readonly timeoutMs: number;
}

export interface RegistryConfig {
  readonly urls: readonly string[];
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tokenFile: string | undefined;
  readonly ca: string | undefined;
  readonly register: boolean;
}

/** Where checkpoints are published. */
export type CheckpointPlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      readonly prefix: string;
      readonly endpoint: string | undefined;
      readonly region: string | undefined;
      readonly pathStyle: boolean;
    };

export interface Config {
  readonly dir: string;
  readonly http: { readonly host: string; readonly port: number };
  readonly log: Environment['LOG'];
  readonly store: Environment['STORE'];
  readonly wire: Environment['WIRE'];
  /** Given where `log` is `kafka`. */
  readonly kafka: KafkaConfig | undefined;
  /** Given where `store` is `redis`. */
  readonly redis: RedisConfig | undefined;
  /** Given where there is one: where `wire` is `confluent` at least. */
  readonly registry: RegistryConfig | undefined;
  /** Where they are, and ms between two looks for a newer one. */
  readonly checkpoints: { readonly place: CheckpointPlace; readonly pollMs: number };
  readonly engine: {
    readonly name: Environment['ENGINE'];
    /** The rest is for `onnx`. */
    readonly provider: Environment['ENGINE_PROVIDER'];
    /** Undefined: as many as suit the machine. */
    readonly threads: number | undefined;
    readonly queue: number;
    readonly cacheBytes: number;
  };
  readonly group: string;
  readonly topics: {
    readonly interactions: string;
    readonly profiles: string;
    readonly catalogue: string;
    readonly recommendations: string;
    readonly deadLetters: string;
  };
  readonly partitions: number;
  readonly start: Environment['START'];
  readonly healFrom: Environment['HEAL_FROM'];
  readonly emit: Environment['EMIT'];
  readonly listSize: number;
  readonly coldItems: number;
  readonly seen: Seen;
  /** The part of the reducers' settings that is configured. */
  readonly reducer: {
    readonly sequenceLength: number;
    readonly seenItems: number;
    readonly kinds: Readonly<Record<string, Meaning>>;
  };
  readonly batch: number;
  readonly batchMs: number;
  readonly hotStates: number;
  readonly maxRecordBytes: number;
  readonly logLevel: Environment['LOG_LEVEL'];
}

/** The environment is wrong; `problems` has one line for everything that is. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

/** @throws ConfigError naming every unknown variable and every bad value. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const known = new Map(variables().map((entry) => [entry.name, entry]));
  const problems: string[] = [];
  const given = Object.entries(env)
    .filter(([name, value]) => name.startsWith(PREFIX) && !name.startsWith(TESTS_PREFIX) && value?.trim())
    .map(([name, value]) => fromFile(name, value, known, problems));
  problems.push(...given.filter(([name]) => !known.has(name)).map(([name]) => unknownVariable(name, known.keys())));

  const texts = Object.fromEntries(given.map(([name, value]) => [name.slice(PREFIX.length), value?.trim()]));
  const parsed = EnvironmentSchema.safeParse(texts);
  if (!parsed.success) {
    const bad = new Set(parsed.error.issues.map((issue) => PREFIX + String(issue.path[0])));
    for (const name of bad) {
      const shown = known.get(name)?.isSecret ? 'not what it should be' : `"${masked(env[name])}"`;
      problems.push(`${name} is ${shown}: it must be ${known.get(name)?.allowed ?? ''}`);
    }
  } else problems.push(...clashes(parsed.data));
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return toConfig(parsed.data);
}

/** An address may hold `user:password@`. */
function masked(value = ''): string {
  return value.replace(/^.*:.*@/s, '***@');
}

/** A secret may lie in a file that NAME_FILE names, as container platforms hand them out. */
function fromFile(
  name: string,
  value: string | undefined,
  known: ReadonlyMap<string, { readonly isSecret?: true }>,
  problems: string[],
): [string, string | undefined] {
  const secret = name.replace(/_FILE$/, '');
  if (known.has(name) || !known.get(secret)?.isSecret) return [name, value];
  try {
    return [secret, readFileSync(value?.trim() ?? '', 'utf8')];
  } catch {
    problems.push(`${name} is "${masked(value)}": it must be a file that can be read`);
    return [secret, ''];
  }
}

function unknownVariable(name: string, known: Iterable<string>): string {
  const meant = closest(name, known, 1)[0];
  return `${name} is not a variable of Steerstream${meant === undefined ? '' : `: did you mean ${meant}?`}`;
}

/** Values that are fine alone and not together. */
function clashes(env: Environment): string[] {
  return [...sameTopics(env), ...missingParts(env), ...unusedParts(env)];
}

function missingParts(env: Environment): string[] {
  const needs: [boolean, string, string][] = [
    [env.LOG === 'kafka' && env.KAFKA_BROKERS.length === 0, 'KAFKA_BROKERS', 'LOG is "kafka"'],
    [env.STORE === 'redis' && env.REDIS_URL === undefined, 'REDIS_URL', 'STORE is "redis"'],
    [env.WIRE === 'confluent' && env.REGISTRY_URL.length === 0, 'REGISTRY_URL', 'WIRE is "confluent"'],
    [isPasswordSasl(env) && env.KAFKA_USERNAME === undefined, 'KAFKA_USERNAME', `KAFKA_SASL is "${env.KAFKA_SASL}"`],
    [isPasswordSasl(env) && env.KAFKA_PASSWORD === undefined, 'KAFKA_PASSWORD', `KAFKA_SASL is "${env.KAFKA_SASL}"`],
    [
      env.KAFKA_SASL === 'oauthbearer' && env.KAFKA_TOKEN_FILE === undefined,
      'KAFKA_TOKEN_FILE',
      'KAFKA_SASL is "oauthbearer"',
    ],
    [(env.KAFKA_CERT === undefined) !== (env.KAFKA_KEY === undefined), 'KAFKA_CERT and KAFKA_KEY', 'one is'],
    [
      env.REDIS_SENTINEL_USERNAME !== undefined && env.REDIS_SENTINEL_PASSWORD === undefined,
      'REDIS_SENTINEL_PASSWORD',
      'REDIS_SENTINEL_USERNAME is',
    ],
    [(env.REDIS_CERT === undefined) !== (env.REDIS_KEY === undefined), 'REDIS_CERT and REDIS_KEY', 'one is'],
  ];
  return needs.flatMap(([isMissing, name, why]) => (isMissing ? [`${PREFIX}${name} must be given, since ${why}`] : []));
}

/** Who gives these means a connection that is safe: without what they need it would be plain, or of nobody. */
function unusedParts(env: Environment): string[] {
  const { KAFKA_SASL: sasl, REDIS_URL: redis, REGISTRY_URL: registry } = env;
  const uses: [boolean, readonly (keyof Environment)[], string][] = [
    [env.KAFKA_TLS === 'on', ['KAFKA_CA', 'KAFKA_CERT', 'KAFKA_KEY'], 'KAFKA_TLS "on"'],
    [isPasswordSasl(env), ['KAFKA_USERNAME', 'KAFKA_PASSWORD'], 'a KAFKA_SASL with a user, such as "scram-sha-512"'],
    [sasl === 'oauthbearer', ['KAFKA_TOKEN_FILE'], 'KAFKA_SASL "oauthbearer"'],
    [redis?.startsWith('rediss') !== false, ['REDIS_CA', 'REDIS_CERT', 'REDIS_KEY'], 'a REDIS_URL with "rediss"'],
    [registry.some((url) => url.startsWith('https:')), ['REGISTRY_CA'], 'a REGISTRY_URL with "https"'],
  ];
  return uses.flatMap(([isUsed, names, needed]) =>
    names
      .filter((name) => !isUsed && env[name] !== undefined)
      .map((name) => `${PREFIX}${name} would not be used: it needs ${needed}; leave it out where that is not wanted`),
  );
}

function isPasswordSasl({ KAFKA_SASL: mechanism }: Environment): boolean {
  return mechanism !== 'none' && mechanism !== 'oauthbearer';
}

function sameTopics(env: Environment): string[] {
  const topics = Object.entries(env).filter(([key]) => key.startsWith('TOPIC_')) as [string, string][];
  return topics.flatMap(([key, name], index) =>
    topics
      .slice(0, index)
      .filter(([, other]) => other === name)
      .map(([other]) => `${PREFIX}${other} and ${PREFIX}${key} are both "${name}": each needs its own topic`),
  );
}

function toConfig(env: Environment): Config {
  return {
    dir: env.DIR,
    http: { host: env.HOST, port: env.PORT },
    log: env.LOG,
    store: env.STORE,
    wire: env.WIRE,
    kafka: env.LOG === 'kafka' ? kafkaOf(env) : undefined,
    redis: env.STORE === 'redis' ? redisOf(env) : undefined,
    registry: env.REGISTRY_URL.length > 0 ? registryOf(env) : undefined,
    checkpoints: { place: placeOf(env), pollMs: env.CHECKPOINT_POLL * 1000 },
    engine: {
      name: env.ENGINE,
      provider: env.ENGINE_PROVIDER,
      threads: env.ENGINE_THREADS || undefined,
      queue: env.ENGINE_QUEUE,
      cacheBytes: env.CACHE_MB * 2 ** 20,
    },
    group: env.GROUP,
    topics: {
      interactions: env.TOPIC_INTERACTIONS,
      profiles: env.TOPIC_PROFILES,
      catalogue: env.TOPIC_CATALOGUE,
      recommendations: env.TOPIC_RECOMMENDATIONS,
      deadLetters: env.TOPIC_DEAD_LETTERS,
    },
    partitions: env.PARTITIONS,
    start: env.START,
    healFrom: env.HEAL_FROM,
    emit: env.EMIT,
    listSize: env.LIST_SIZE,
    coldItems: env.COLD_ITEMS,
    seen: env.SEEN,
    reducer: { sequenceLength: env.SEQUENCE_LENGTH, seenItems: env.SEEN_ITEMS, kinds: env.KINDS },
    batch: env.BATCH,
    batchMs: env.BATCH_MS,
    hotStates: env.HOT_STATES,
    maxRecordBytes: env.MAX_RECORD_BYTES,
    logLevel: env.LOG_LEVEL,
  };
}

function placeOf(env: Environment): CheckpointPlace {
  const [, bucket, prefix = ''] = S3_PLACE.exec(env.CHECKPOINTS) ?? [];
  if (bucket === undefined) return { kind: 'folder', folder: env.CHECKPOINTS || path.join(env.DIR, 'checkpoints') };
  const { S3_ENDPOINT: endpoint, S3_REGION: region } = env;
  return { kind: 's3', bucket, prefix, endpoint, region, pathStyle: env.S3_PATH_STYLE === 'on' };
}

function kafkaOf(env: Environment): KafkaConfig {
  return {
    brokers: env.KAFKA_BROKERS,
    clientId: env.KAFKA_CLIENT_ID,
    tls: env.KAFKA_TLS === 'on' ? tlsOf(env.KAFKA_CA, env.KAFKA_CERT, env.KAFKA_KEY) : undefined,
    sasl: saslOf(env),
    compression: env.KAFKA_COMPRESSION,
    sessionMs: env.KAFKA_SESSION * 1000,
    rebalanceMs: env.KAFKA_REBALANCE * 1000,
  };
}

function saslOf(env: Environment): KafkaSasl | undefined {
  const { KAFKA_SASL: mechanism, KAFKA_USERNAME: username = '', KAFKA_PASSWORD: password = '' } = env;
  if (mechanism === 'none') return undefined;
  if (mechanism === 'oauthbearer') return { mechanism, tokenFile: env.KAFKA_TOKEN_FILE ?? '' };
  return { mechanism, username, password };
}

function redisOf(env: Environment): RedisConfig {
  return {
    url: env.REDIS_URL ?? '',
    sentinel: {
      ...(env.REDIS_SENTINEL_USERNAME !== undefined && { username: env.REDIS_SENTINEL_USERNAME }),
      ...(env.REDIS_SENTINEL_PASSWORD !== undefined && { password: env.REDIS_SENTINEL_PASSWORD }),
    },
    namespace: env.REDIS_NAMESPACE ?? env.GROUP,
    tls: tlsOf(env.REDIS_CA, env.REDIS_CERT, env.REDIS_KEY),
    timeoutMs: env.REDIS_TIMEOUT * 1000,
  };
}

function registryOf(env: Environment): RegistryConfig {
  return {
    urls: env.REGISTRY_URL,
    username: env.REGISTRY_USERNAME,
    password: env.REGISTRY_PASSWORD,
    tokenFile: env.REGISTRY_TOKEN_FILE,
    ca: env.REGISTRY_CA,
    register: env.REGISTRY_REGISTER === 'on',
  };
}

function tlsOf(ca: string | undefined, cert: string | undefined, key: string | undefined): Tls {
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
}
