/**
 * The state store in Redis: one server, Sentinel or Cluster. Each method is one atomic script or command on the keys of
 * one task (keys.ts); only a claim takes two, since the layout belongs to all tasks.
 *
 * The layout in a Cluster: no step spans two slots. So the layout has a key of its own, and each task keeps a copy. The
 * rule: the key is written first and once, a task copies what the key says at its first claim, and a claim whose copy
 * differs from the key stops the task: then the key was lost and written anew, and the copy says what the states are.
 */
import { type StopReason, TaskStopped } from '../../ports/errors.js';
import type { Position, Task } from '../../ports/log.js';
import type { Expiry, Fenced, Layout, ScannedStates, StateStore, StateWrite } from '../../ports/state-store.js';
import { type Logger, SILENT } from '../../ops/logger.js';
import { storedState } from '../../ports/stored-state.js';
import { encodeState } from '../../state/state-codec.js';
import type { UserState } from '../../state/user-state.js';
import { type ClaimAnswer, claimOf, dueOf, fenced, statesOf } from './answers.js';
import type { RedisOptions } from './connection.js';
import { FIELDS, Keys, markerText, parseMarker } from './keys.js';
import { layoutText, parseLayout } from './layout-text.js';
import { RedisCalls } from './redis-calls.js';
import { beginsWith, defineScan, scanned } from './scan.js';
import { defineScripts } from './scripts.js';

export interface RedisStoreOptions {
  readonly redis: RedisOptions;
  /** Begins every key. States follow one group's offsets, so each group has its own. */
  readonly namespace: string;
  readonly logger?: Logger;
}

export class RedisStateStore implements StateStore {
  readonly #calls: RedisCalls;
  readonly #keys: Keys;
  readonly #logger: Logger;
  #warned = false;

  private constructor({ redis, namespace, logger = SILENT }: RedisStoreOptions) {
    this.#keys = new Keys(namespace);
    this.#calls = new RedisCalls(redis, (client) => {
      defineScripts(client);
      defineScan(client);
    });
    this.#logger = logger;
  }

  /** Connects in the background: the first call waits for it. @throws Error when the options cannot be right */
  static open(options: RedisStoreOptions): RedisStateStore {
    return new RedisStateStore(options);
  }

  async layout(): Promise<Layout | undefined> {
    const text = await this.#calls.read((redis) => redis.get(this.#keys.layout));
    return text === null ? undefined : parseLayout(text);
  }

  /** @throws TaskStopped, besides what the port says, when Redis may evict states, or the layout was replaced */
  async claim(task: Task, token: string, layout: Layout): Promise<void> {
    const ours = layoutText(layout);
    const stored = await this.#calls.write((redis) => redis.steerLayout(this.#keys.layout, ours));
    const counts = this.#checked(claimOf(stored), task, ours) ?? ours;
    const claimed = await this.#calls.write((redis) => redis.steerClaim(this.#keys.task(task), token, counts));
    this.#checked(claimOf(claimed), task, counts);
  }

  async marker(task: Task, token: string): Promise<Fenced<Position | undefined>> {
    const answer = await this.#calls.read((redis) => redis.steerMarker(this.#keys.task(task), token));
    return fenced(answer, ([marker]) => (typeof marker === 'string' ? parseMarker(marker) : undefined));
  }

  async read(
    task: Task,
    token: string,
    at: Position,
    users: readonly string[],
  ): Promise<Fenced<ReadonlyMap<string, UserState>>> {
    const keys = [this.#keys.task(task), ...users.map((user) => this.#keys.user(task, user))];
    const answer = await this.#calls.read((redis) =>
      redis.steerReadBuffer(keys.length, ...keys, token, markerText(at)),
    );
    return fenced(answer, (pieces) => statesOf(task, users, pieces));
  }

  async write(task: Task, token: string, write: StateWrite): Promise<Fenced<undefined>> {
    const { from, to, states, expiries } = write;
    const users = states.map(({ userId }) => this.#keys.user(task, userId));
    const keys = [this.#keys.task(task), this.#keys.due(task), ...users];
    const removed = [...expiries].flatMap(([user, at]) => (at === null ? [user] : []));
    const added = [...expiries].flatMap(([user, at]) => (at === null ? [] : [at, user]));
    const fence = [token, markerText(from), markerText(to), removed.length];
    const args = [keys.length, ...keys, ...fence, ...states.map(encodeState), ...removed, ...added];
    const answer = await this.#calls.write((redis) => redis.steerWrite(...args));
    return fenced(answer, () => undefined);
  }

  async due(task: Task, token: string, now: number, max: number): Promise<Fenced<readonly Expiry[]>> {
    const keys = [this.#keys.task(task), this.#keys.due(task)];
    const answer = await this.#calls.read((redis) => redis.steerDue(...keys, token, now, max));
    return fenced(answer, ([list]) => dueOf(list));
  }

  async peekMarker(task: Task): Promise<Position | undefined> {
    const marker = await this.#calls.read((redis) => redis.hget(this.#keys.task(task), FIELDS.marker));
    return marker === null ? undefined : parseMarker(marker);
  }

  async peek(task: Task, userId: string): Promise<UserState | undefined> {
    const bytes = await this.#calls.read((redis) => redis.getBuffer(this.#keys.user(task, userId)));
    return bytes === null ? undefined : storedState(bytes, task, userId);
  }

  scan(task: Task, cursor: string | undefined, max: number): Promise<ScannedStates> {
    const prefix = this.#keys.user(task, '');
    const pattern = beginsWith(prefix);
    const ask = (at: string): Promise<unknown> =>
      this.#calls.read((redis) => redis.steerScanBuffer(this.#keys.task(task), at, pattern, max));
    return scanned(ask, (bytes, key) => storedState(bytes, task, key.slice(prefix.length)), cursor);
  }

  async close(): Promise<void> {
    this.#calls.close();
  }

  /** The layout in the answer. @throws TaskStopped */
  #checked(answer: ClaimAnswer, task: Task, expected: string): string | undefined {
    if (answer.refused === 'policy') {
      throw new TaskStopped(
        'store-may-evict',
        `Redis may delete states when its memory is full: its maxmemory-policy is ${answer.policy}. Set it to ` +
          'noeviction (CONFIG SET maxmemory-policy noeviction, and in its configuration)',
      );
    }
    if (answer.refused === 'layout') throw layoutReplaced(task, answer.layout, expected);
    if (answer.policy === 'unknown' && !this.#warned) {
      this.#warned = true;
      this.#logger.warn('Redis does not tell its maxmemory-policy: see that it is noeviction, or states may vanish');
    }
    return answer.layout;
  }
}

function layoutReplaced(task: Task, copy: string, key: string): TaskStopped {
  const reason: StopReason =
    parseLayout(copy).partitions === parseLayout(key).partitions ? 'settings-changed' : 'partitions-changed';
  return new TaskStopped(
    reason,
    `the states of partition ${task.partition} were made under ${copy}, but the store's layout says ${key}: its key was ` +
      'lost and written anew. Go back to the earlier settings and delete that key, or begin with an empty state store',
  );
}
