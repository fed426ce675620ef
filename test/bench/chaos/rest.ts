/** The end of a run: everything comes to rest, and what it left is gathered and judged. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Admin, Kafka } from 'kafkajs';
import { RedisStateStore } from '../../../src/adapters/redis/redis-state-store.js';
import { parseRedisUrl } from '../../../src/adapters/redis/redis-url.js';
import { Stall } from './fleet.js';
import { judge, type Verdict } from './judge.js';
import type { Start } from './oracle.js';
import { isCaughtUp, readAll } from './topics.js';
import { CATALOGUE_PARTITIONS, PARTITIONS, type World } from './world.js';

const REST_MS = 120_000;
const LOOK_MS = 100;

/** Resolves when everything is processed, and no gain is left that is to end. @throws Stall */
export async function rest(admin: Admin, redisUrl: string, { group, topics }: World): Promise<void> {
  const redis = new Redis(redisUrl);
  const until = Date.now() + REST_MS;
  const expiries = (): Promise<number[]> =>
    Promise.all(Array.from({ length: PARTITIONS }, (_, p) => redis.zcard(`{${group}:${p}}:due`)));
  try {
    while (!(await isCaughtUp(admin, group, topics)) || (await expiries()).some((count) => count > 0)) {
      if (Date.now() > until) throw new Stall(`the tasks did not come to rest within ${REST_MS / 1000} s`);
      await sleep(LOOK_MS);
    }
  } finally {
    redis.disconnect();
  }
}

export async function gatherAndJudge(
  client: Kafka,
  world: World,
  start: Start,
  checkpoints: string,
  redisUrl: string,
): Promise<Verdict> {
  const endedAt = Date.now();
  const { interactions, profiles, catalogue, recommendations, deadLetters } = world.topics;
  const partitions = new Map([interactions, profiles, recommendations, deadLetters].map((name) => [name, PARTITIONS]));
  const topics = await readAll(client, partitions.set(catalogue, CATALOGUE_PARTITIONS));
  const store = RedisStateStore.open({ redis: parseRedisUrl(redisUrl), namespace: world.group });
  try {
    const stored = (user: string, partition: number) => store.peek({ partition }, user);
    return await judge({ world, start, topics, checkpoints, stored, endedAt });
  } finally {
    await store.close();
  }
}
