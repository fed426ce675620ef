/**
 * Worlds in which the scenarios of the delivery model are played: a task of its own each, on one Kafka and one Redis that
 * are real, with owners that do what the test says.
 */
import { Redis } from 'ioredis';
import { afterAll, expect, type TestContext } from 'vitest';
import { KafkaClient } from '../../src/adapters/kafka/client.js';
import { KafkaLog } from '../../src/adapters/kafka/kafka-log.js';
import { sentinelTopic } from '../../src/adapters/kafka/offsets.js';
import { DEFAULT_KAFKA_TIMING, type KafkaOptions } from '../../src/adapters/kafka/options.js';
import { RedisStateStore } from '../../src/adapters/redis/redis-state-store.js';
import { parseRedisUrl } from '../../src/adapters/redis/redis-url.js';
import { createCodec } from '../../src/events/codec.js';
import type { RecommendationList } from '../../src/events/events.js';
import { partitionOf } from '../../src/events/murmur2.js';
import { SILENT } from '../../src/ops/logger.js';
import type { LogRecord, OutgoingRecord, Position, Task } from '../../src/ports/log.js';
import type { StateStore } from '../../src/ports/state-store.js';
import type { Catalogue } from '../../src/recommend/catalogue.js';
import { decodeState, encodeState } from '../../src/state/state-codec.js';
import type { UserState } from '../../src/state/user-state.js';
import { reduceBatch, requestsOf } from '../../src/stream/batch.js';
import { START } from '../../src/stream/position.js';
import type { StreamSettings } from '../../src/stream/settings.js';
import type { TaskContext } from '../../src/stream/task-context.js';
import { INPUTS, type InputName } from '../../src/stream/task-context.js';
import { uniqueName } from '../services/use.js';
import { Assignment } from './assignment.js';
import { catalogueItem, interaction, profileEvent } from './events.js';
import { interactionRecord, profileRecord } from './records.js';
import { TaskKeys } from './redis-image.js';
import { ScriptedOwner } from './scripted-owner.js';
import { echoRecommender, TEST_SETTINGS } from './stream.js';
import { taskContext } from './task.js';

/** Every item is on offer, so that a list shows the whole sequence that it was made from. */
const EVERYTHING: Catalogue = { item: (itemId) => catalogueItem({ itemId }), offsets: [], size: 1 };
const lists = createCodec('recommendation-list');

/** Topics whose partitions are tasks that know nothing of each other: each world takes the next. */
export class Ground {
  #taken = 0;

  private constructor(
    readonly kafka: KafkaOptions,
    readonly redisUrl: string,
    readonly settings: StreamSettings,
    readonly partitions: number,
    readonly log: KafkaLog,
    readonly redis: Redis,
  ) {}

  /** Asks for it at the top of a file: it ends with the file. */
  static async prepare(brokers: string, redisUrl: string, partitions: number): Promise<Ground> {
    const timing = { ...DEFAULT_KAFKA_TIMING, heartbeat: 100 };
    const kafka: KafkaOptions = { brokers: [brokers], clientId: 'test', compression: 'none', timing, logger: SILENT };
    const name = uniqueName('delivery');
    const topics = Object.fromEntries(
      Object.entries(TEST_SETTINGS.topics).map(([key, topic]) => [key, `${name}-${topic}`]),
    ) as unknown as StreamSettings['topics'];
    const log = new KafkaLog(kafka);
    const redis = new Redis(redisUrl);
    afterAll(async () => {
      redis.disconnect();
      await log.close();
    });
    const { interactions, profiles, recommendations } = topics;
    for (const topic of [interactions, profiles, recommendations, sentinelTopic(name)]) {
      await log.ensureTopic(topic, partitions);
    }
    return new Ground(kafka, redisUrl, { ...TEST_SETTINGS, topics, group: name }, partitions, log, redis);
  }

  /** A task in which nothing has happened, owned by A. It ends with the test. */
  world({ onTestFinished }: TestContext): World {
    const task = { partition: this.#taken };
    this.#taken += 1;
    if (task.partition >= this.partitions) throw new Error(`there are ${this.partitions} worlds only`);
    const world = new World(this, task);
    onTestFinished(() => world.close());
    return world;
  }
}

export class World {
  readonly assignment = new Assignment('A');
  readonly namespace = uniqueName('delivery');
  /** Two users whose records lie in this task. */
  readonly users: readonly [string, string];
  readonly keys: TaskKeys;
  readonly #records: LogRecord[] = [];
  readonly #owners: ScriptedOwner[] = [];
  readonly #store: StateStore;
  readonly #began = Date.now();

  constructor(
    private readonly ground: Ground,
    readonly task: Task,
  ) {
    const named = Array.from({ length: 200 * ground.partitions }, (_, index) => `user-${index}`);
    const [ann, bob] = named.filter((user) => partitionOf(Buffer.from(user), ground.partitions) === task.partition);
    if (ann === undefined || bob === undefined) throw new Error(`no users for partition ${task.partition}`);
    this.users = [ann, bob];
    this.keys = new TaskKeys(ground.redis, this.namespace, task, this.users);
    this.#store = this.#openStore();
  }

  /** Starts at the log's beginning, makes a batch of every record, and looks at nothing between batches: unless told. */
  owner(name: string, change: Partial<StreamSettings> = {}): ScriptedOwner {
    const own: Partial<StreamSettings> = { start: 'earliest', batchSize: 1, hotStates: 0, watchMs: 1e15 };
    const settings = { ...this.ground.settings, ...own, ...change };
    const owner = new ScriptedOwner(name, this.assignment, this.ground.kafka, this.#openStore(), (log, store, more) =>
      this.#context(log, store, { settings, ...more }),
    );
    this.#owners.push(owner);
    return owner;
  }

  /** Another interaction of a user, or a profile event. */
  async append(input: InputName, user: string = this.users[0]): Promise<void> {
    const index = this.#records.length;
    const event = { eventId: `event-${index}`, userId: user, occurredAt: this.#began + index };
    const { key, value, timestamp }: OutgoingRecord =
      input === 'interactions'
        ? interactionRecord(interaction({ ...event, itemId: `item-${index}` }))
        : profileRecord(profileEvent({ ...event, gains: { 'genre/a': 1 / (index + 1) } }));
    const record = { topic: this.ground.settings.topics[input], key, value, timestamp: timestamp ?? 0 };
    const offset = this.#of(input).length;
    await this.ground.log.append([record]);
    this.#records.push({ ...record, partition: this.task.partition, offset });
  }

  /** Retention deletes the records of an input before an offset. */
  async deleteBefore(input: InputName, offset: number): Promise<void> {
    const admin = new KafkaClient(this.ground.kafka).admin();
    await admin.connect();
    const { partition } = this.task;
    try {
      const topic = this.ground.settings.topics[input];
      // kafkajs deletes only of topics that it knows already.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
    } finally {
      await admin.disconnect();
    }
  }

  /** The end of both inputs. */
  get end(): Position {
    return { interactions: this.#of('interactions').length, profiles: this.#of('profiles').length };
  }

  marker(): Promise<Position | undefined> {
    return this.#store.peekMarker(this.task);
  }

  /**
   * What an uninterrupted run would have left is there, and nothing else: one list for each input from `from` on, in
   * their order, each made from the right state; the states; marker and committed offsets at the end.
   */
  async expectUninterrupted(from: Position = START): Promise<void> {
    expect(await this.#settled()).toEqual(this.end);
    expect(await this.marker()).toEqual(this.end);
    const expected = await this.#uninterrupted(from);
    expect(await this.#lists()).toEqual(expected.lists);
    await this.expectFold();
  }

  /** The stored states are those of the log up to their marker. */
  async expectFold(): Promise<void> {
    const { states } = await this.#uninterrupted(undefined, (await this.marker()) ?? START);
    const stored = await Promise.all(this.users.map((user) => this.#store.peek(this.task, user)));
    const kept = (state: UserState | undefined): UserState | undefined => state && decodeState(encodeState(state));
    expect(stored).toEqual(this.users.map((user) => kept(states.get(user))));
  }

  async close(): Promise<void> {
    await Promise.all(this.#owners.map((owner) => owner.close()));
    await this.#store.close();
  }

  #of(input: InputName): readonly LogRecord[] {
    return this.#records.filter(({ topic }) => topic === this.ground.settings.topics[input]);
  }

  #openStore(): StateStore {
    return RedisStateStore.open({ redis: parseRedisUrl(this.ground.redisUrl), namespace: this.namespace });
  }

  #context(...[log, store, change]: Parameters<typeof taskContext>): TaskContext {
    const recommender = { ...echoRecommender(EVERYTHING), catchUp: async () => undefined };
    return taskContext(log, store, { task: this.task, recommender, ...change }, this.ground.partitions);
  }

  /** Lists of the inputs in `from` to the end and states of those before `to`, as the reducers say it. */
  async #uninterrupted(from: Position = this.end, to: Position = this.end) {
    const { settings } = this.ground;
    const context = this.#context(this.ground.log, this.#store, { settings });
    const within = ({ topic, offset }: LogRecord): boolean =>
      INPUTS.some((input) => topic === settings.topics[input] && offset < to[input]);
    const reduced = reduceBatch(await context.decode(this.#records.filter(within)), new Map(), settings.reducer);
    const owed = reduced.owed.filter(({ record: { topic, offset } }) =>
      INPUTS.some((input) => topic === settings.topics[input] && offset >= from[input]),
    );
    const requests = requestsOf(owed, 'every-event', context.now());
    return { states: reduced.states, lists: await context.recommender.recommend(requests, () => undefined) };
  }

  /** The committed position. Whoever takes over sees every transaction before it decided. */
  async #settled(): Promise<Position> {
    const { log, settings } = this.ground;
    const taskLog = await log.takeOver(settings.group, settings.topics, this.task, 'judge', 'none');
    const position = await taskLog.settled();
    await taskLog.close();
    return position;
  }

  async #lists(): Promise<readonly RecommendationList[]> {
    const { log, settings } = this.ground;
    const { records } = await log.read(settings.topics.recommendations, this.task.partition, 0, 1000);
    return records.map(({ value }) => {
      const decoded = lists.decode(value!);
      if (!decoded.ok) throw new Error(decoded.message);
      return decoded.value;
    });
  }
}
