/** Redis state stores for tests, and what tests of failures wait for. */
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import type { RedisOptions } from '../../src/adapters/redis/connection.js';
import { RedisStateStore } from '../../src/adapters/redis/redis-state-store.js';
import { parseRedisUrl } from '../../src/adapters/redis/redis-url.js';
import type { Logger } from '../../src/ops/logger.js';
import { Unavailable } from '../../src/ports/errors.js';
import type { Position } from '../../src/ports/log.js';
import type { StateWrite } from '../../src/ports/state-store.js';
import { type RedisServer, startRedis } from '../services/redis-server.js';
import { stateWith } from './state.js';

export const NAMESPACE = 'test';
export const LAYOUT = { partitions: 4, settings: '{}' };
export const TASK = { partition: 1 };
export const ZERO: Position = { interactions: 0, profiles: 0 };
export const ONE: Position = { interactions: 1, profiles: 1 };

/** A store that is closed when the current test is over. */
export function openStore(url: string, change: Partial<RedisOptions> = {}, logger?: Logger): RedisStateStore {
  const redis = { ...parseRedisUrl(url), timeoutMs: 2000, ...change };
  const store = RedisStateStore.open({ redis, namespace: NAMESPACE, ...(logger && { logger }) });
  onTestFinished(() => store.close());
  return store;
}

/** A server that ends with the current test. */
export async function redisForTest(...options: Parameters<typeof startRedis>): Promise<RedisServer> {
  const server = await startRedis(...options);
  onTestFinished(() => server.stop());
  return server;
}

/** A bare client that ends with the current test. */
export function bareClient(port: number): Redis {
  const client = new Redis(port, '127.0.0.1');
  client.on('error', () => undefined);
  onTestFinished(() => {
    client.disconnect();
  });
  return client;
}

/** A write of Ann's state. */
export function writing(change: Partial<StateWrite> = {}): StateWrite {
  return { from: ZERO, to: ONE, states: [stateWith('ann', ['a'])], expiries: new Map(), ...change };
}

/** What a paused task does: asks again until it is answered. Any other error is the caller's. */
export async function onceAvailable<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      await delay(10);
    }
  }
}

/** Looks until it is so. */
export async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await delay(5);
}

/** Runs the write while the server holds back every write; answers when the write waits there. */
export async function heldBack<T>(client: Redis, write: () => Promise<T>): Promise<{ readonly outcome: Promise<T> }> {
  await client.call('CLIENT', 'PAUSE', '60000', 'WRITE');
  const outcome = write();
  outcome.catch(() => undefined);
  await until(async () => /flags=b/.test(String(await client.call('CLIENT', 'LIST', 'TYPE', 'normal'))));
  return { outcome };
}
