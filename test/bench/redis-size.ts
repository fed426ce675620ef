/**
 * What users cost in Redis, and how fast their states are read and written: `npm run bench -- redis-size`.
 *
 * Size is the growth of used_memory over USERS users with 200 events, divided by USERS: keys, values and overhead. Speed
 * is beside MGET and MSET of the same bytes over the same kind of connection, in the same run.
 */
import { randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { Redis } from 'ioredis';
import { RedisStateStore } from '../../src/adapters/redis/redis-state-store.js';
import { parseRedisUrl } from '../../src/adapters/redis/redis-url.js';
import { encodeState } from '../../src/state/state-codec.js';
import type { UserState } from '../../src/state/user-state.js';
import { granted } from '../../src/stream/fenced.js';
import { busyState, IDS, type IdKind } from '../builders/busy-state.js';
import type { AddCommand } from './command.js';
import { startRedis } from '../services/redis-server.js';

const USERS = 20_000;
const CHUNK = 500;
const BATCHES = [64, 500];
const SPEED_USERS = 10_000;
const MINUTES_MS = 600_000;
const TASK = { partition: 12 };
const LAYOUT = { partitions: 16, settings: '{}' };

interface RedisSize {
  /** Bytes of Redis a user, by the kind of item ids. */
  readonly bytesPerUser: Readonly<Record<IdKind, number>>;
  /** Bytes of a value alone. */
  readonly valueBytes: Readonly<Record<IdKind, number>>;
  readonly speed: readonly Speed[];
}

interface Speed {
  readonly batch: number;
  /** Users a second, each read and written once, codec included. */
  readonly store: number;
  /** The same bytes by bare MGET and MSET. */
  readonly raw: number;
}

export const addRedisSize: AddCommand = (program, { print }) => {
  program
    .command('redis-size')
    .description('what a user costs in Redis, and how fast states are read and written; prints JSON')
    .action(async () => {
      print(JSON.stringify(await redisSize(), undefined, 2));
    });
};

/** Measures with a Redis of its own. */
async function redisSize(): Promise<RedisSize> {
  const server = await startRedis();
  const redis = new Redis(server.url);
  try {
    const bytesPerUser: Partial<Record<IdKind, number>> = {};
    const valueBytes: Partial<Record<IdKind, number>> = {};
    for (const kind of Object.keys(IDS) as IdKind[]) {
      await redis.flushall();
      const states = Array.from({ length: USERS }, (_, i) => busyState(`user-${100_000 + i}`, kind, randomInt));
      const sizes = states.map((state) => encodeState(state).length);
      valueBytes[kind] = Math.round(sizes.reduce((sum, size) => sum + size, 0) / USERS);
      const before = await usedMemory(redis);
      await writeAll(server.url, states);
      bytesPerUser[kind] = Math.round(((await usedMemory(redis)) - before) / USERS);
    }
    const speed: Speed[] = [];
    for (const batch of BATCHES) speed.push(await measureSpeed(server.url, redis, batch));
    return { bytesPerUser: complete(bytesPerUser), valueBytes: complete(valueBytes), speed };
  } finally {
    redis.disconnect();
    await server.stop();
  }
}

async function writeAll(url: string, states: readonly UserState[]): Promise<void> {
  const store = RedisStateStore.open({ redis: parseRedisUrl(url), namespace: 'steerstream' });
  await store.claim(TASK, 'token', LAYOUT);
  for (let i = 0; i < states.length; i += CHUNK) {
    const [from, to] = [i, i + CHUNK].map((interactions) => ({ interactions, profiles: 0 }));
    if (!from || !to) continue;
    granted(
      await store.write(TASK, 'token', { from, to, states: states.slice(i, i + CHUNK), expiries: new Map() }),
      '',
    );
  }
  await store.close();
}

async function measureSpeed(url: string, redis: Redis, batch: number): Promise<Speed> {
  await redis.flushall();
  const states = Array.from({ length: batch }, (_, i) => busyState(`user-${100_000 + i}`, 'movielens', randomInt));
  const users = states.map(({ userId }) => userId);
  const store = RedisStateStore.open({ redis: parseRedisUrl(url), namespace: 'steerstream' });
  await store.claim(TASK, 'token', LAYOUT);
  let at = { interactions: 0, profiles: 0 };
  await store.write(TASK, 'token', { from: at, to: at, states, expiries: new Map() });
  const viaStore = await usersPerSecond(batch, async () => {
    const read = granted(await store.read(TASK, 'token', at, users), 'read');
    const rolled = [...read.values()].map(withOneMore);
    const to = { interactions: at.interactions + batch, profiles: 0 };
    granted(await store.write(TASK, 'token', { from: at, to, states: rolled, expiries: new Map() }), 'write');
    at = to;
  });
  await store.close();
  const bytes = states.map((state, i): [string, Buffer] => [`raw:${i}`, encodeState(state)]);
  const keys = bytes.map(([key]) => key);
  const raw = await usersPerSecond(batch, async () => {
    await redis.mgetBuffer(keys);
    await redis.mset(...bytes.flat());
  });
  return { batch, store: viaStore, raw };
}

/** Each state changes as one interaction changes it. */
function withOneMore(state: UserState): UserState {
  const { history } = state;
  const at = history.clock + randomInt(MINUTES_MS);
  const sequence = history.sequence.with({ itemId: String(randomInt(1, 3953)), at }).newest(history.sequence.length);
  return { ...state, history: { ...history, clock: at, sequence } };
}

/** After a round that only warms up. */
async function usersPerSecond(batch: number, once: () => Promise<void>): Promise<number> {
  const rounds = Math.ceil(SPEED_USERS / batch);
  for (let i = 0; i < rounds; i += 1) await once();
  const start = performance.now();
  for (let i = 0; i < rounds; i += 1) await once();
  return Math.round((rounds * batch * 1000) / (performance.now() - start));
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}

function complete(record: Partial<Record<IdKind, number>>): Record<IdKind, number> {
  return record as Record<IdKind, number>;
}
