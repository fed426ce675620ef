/** The Redis state store keeps the contract of its port: on one server, and on a Cluster. */
import { afterAll, beforeAll } from 'vitest';
import { RedisStateStore } from '../../src/adapters/redis/redis-state-store.js';
import type { RedisOptions } from '../../src/adapters/redis/connection.js';
import { Keys } from '../../src/adapters/redis/keys.js';
import { RedisCalls } from '../../src/adapters/redis/redis-calls.js';
import { parseRedisUrl } from '../../src/adapters/redis/redis-url.js';
import type { Task } from '../../src/ports/log.js';
import { type RedisCluster, startRedisCluster } from '../builders/redis-cluster.js';
import { uniqueName, useRedis } from '../services/use.js';
import { type StateStoreFixture, stateStoreContract } from './state-store.contract.js';

const url = await useRedis();

/** Stores of a new namespace, so that each begins empty. */
async function fixtureOn(redis: RedisOptions): Promise<StateStoreFixture> {
  const namespace = uniqueName('contract');
  const opened: RedisStateStore[] = [];
  const another = async (): Promise<RedisStateStore> => {
    const store = RedisStateStore.open({ redis, namespace });
    opened.push(store);
    return store;
  };
  const dispose = async (): Promise<void> => {
    await Promise.all(opened.map((store) => store.close()));
  };
  const spoil = async (task: Task, userId: string): Promise<void> => {
    const calls = new RedisCalls(redis, () => undefined);
    await calls.write((client) => client.set(new Keys(namespace).user(task, userId), 'garbage'));
    calls.close();
  };
  return { store: await another(), another, spoil, dispose };
}

stateStoreContract('Redis', () => fixtureOn(parseRedisUrl(url)));

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster(3);
});
afterAll(() => cluster.stop());

stateStoreContract('Redis Cluster', () => fixtureOn(parseRedisUrl(cluster.url)));
