/** What Redis holds of one task at a moment, to be put back: a failover to a replica that lags behind, or to nothing. */
import type { Redis } from 'ioredis';
import { Keys } from '../../src/adapters/redis/keys.js';
import type { Task } from '../../src/ports/log.js';

/** By key; null where there was none. */
export type RedisImage = ReadonlyMap<string, Buffer | null>;

export class TaskKeys {
  readonly #keys: readonly string[];

  constructor(
    private readonly redis: Redis,
    namespace: string,
    task: Task,
    users: readonly string[],
  ) {
    const keys = new Keys(namespace);
    this.#keys = [keys.layout, keys.task(task), keys.due(task), ...users.map((user) => keys.user(task, user))];
  }

  async image(): Promise<RedisImage> {
    return new Map(await Promise.all(this.#keys.map(async (key) => [key, await this.redis.dumpBuffer(key)] as const)));
  }

  /** As if nothing had happened since: in one step. */
  async failOverTo(image: RedisImage): Promise<void> {
    const change = this.redis.multi().del(...this.#keys);
    for (const [key, value] of image) if (value !== null) change.restore(key, 0, value, 'REPLACE');
    for (const [error] of (await change.exec()) ?? []) if (error) throw error;
  }

  /** All is lost. */
  failOverToNothing(): Promise<void> {
    return this.failOverTo(new Map());
  }
}
