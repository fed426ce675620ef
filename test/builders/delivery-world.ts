/** A world in which a scenario of the delivery model is played: one task, with owners that do what the test says. */
import { expect, type TestContext } from 'vitest';
import { KafkaClient } from '../../src/adapters/kafka/client.js';
import { RedisStateStore } from '../../src/adapters/redis/redis-state-store.js';
import { parseRedisUrl } from '../../src/adapters/redis/redis-url.js';
import { createCodec } from '../../src/events/codec.js';
import type { RecommendationList } from '../../src/events/events.js';
import { partitionOf } from '../../src/events/murmur2.js';
import type { LogRecord, Position, Task } from '../../src/ports/log.js';
import type { StateStore } from '../../src/ports/state-store.js';
import type { Catalogue } from '../../src/recommend/catalogue.js';
import { START } from '../../src/stream/position.js';
import type { StreamSettings } from '../../src/stream/settings.js';
import type { InputName, TaskContext } from '../../src/stream/task-context.js';
import { uniqueName } from '../services/use.js';
import { Assignment } from './assignment.js';
import { catalogueItem, interaction, profileEvent } from './events.js';
import type { RealStores } from './real-stores.js';
import { interactionRecord, profileRecord } from './records.js';
import { TaskKeys } from './redis-image.js';
import { ScriptedOwner } from './scripted-owner.js';
import { echoRecommender } from './stream.js';
import { shared, taskContext } from './task.js';
import { listsFrom, statesAt } from './uninterrupted.js';

/** Every item is on offer, so that a list shows the whole sequence that it was made from. */
const EVERYTHING: Catalogue = {
  item: (itemId) => catalogueItem({ itemId }),
  items: () => [],
  offsets: [],
  changedSince: () => [],
  size: 1,
};
const lists = createCodec('recommendation-list');

export class World {
  readonly assignment = new Assignment('A');
  /** Two users whose records lie in this task. */
  readonly users: readonly [string, string];
  /** What Redis holds of it. */
  readonly keys: TaskKeys;
  readonly #namespace = uniqueName('delivery');
  readonly #records: LogRecord[] = [];
  readonly #owners: ScriptedOwner[] = [];
  readonly #store: StateStore;
  readonly #began = Date.now();

  private constructor(
    private readonly stores: RealStores,
    private readonly task: Task,
  ) {
    this.users = usersIn(task, stores.partitions);
    this.keys = new TaskKeys(stores.redis, this.#namespace, task, this.users);
    this.#store = this.#openStore();
  }

  /** A task in which nothing has happened, assigned to A. It ends with the test. */
  static begin(stores: RealStores, { onTestFinished }: TestContext): World {
    const world = new World(stores, stores.takeTask());
    onTestFinished(async () => {
      await Promise.all(world.#owners.map((owner) => owner.close()));
      await world.#store.close();
    });
    return world;
  }

  /** Starts at the log's beginning, makes a batch of every record, and looks at nothing between batches: unless told. */
  owner(name: string, change: Partial<StreamSettings> = {}): ScriptedOwner {
    const own: Partial<StreamSettings> = { start: 'earliest', batchSize: 1, hotStates: 0, watchMs: 1e15 };
    const settings = { ...this.stores.settings, ...own, ...change };
    const { kafka } = this.stores;
    const owner = new ScriptedOwner(name, this.assignment, kafka, this.#openStore(), (log, store, more) =>
      this.#context(log, store, { settings, ...more }),
    );
    this.#owners.push(owner);
    return owner;
  }

  /** Another input of a user, later than those before. */
  async append(input: InputName, userId: string = this.users[0]): Promise<void> {
    const index = this.#records.length;
    const occurredAt = this.#began + index;
    const event = { eventId: `event-${index}`, userId, occurredAt };
    const { key, value } =
      input === 'interactions'
        ? interactionRecord(interaction({ ...event, itemId: `item-${index}` }))
        : profileRecord(profileEvent({ ...event, gains: { 'genre/a': 1 / (index + 1) } }));
    const record = { topic: this.stores.settings.topics[input], key, value, timestamp: occurredAt };
    const offset = this.end[input];
    await this.stores.log.append([record]);
    this.#records.push({ ...record, partition: this.task.partition, offset });
  }

  /** Retention deletes the records of an input before an offset. */
  async deleteBefore(input: InputName, offset: number): Promise<void> {
    const topic = this.stores.settings.topics[input];
    const admin = new KafkaClient(this.stores.kafka).admin();
    await admin.connect();
    try {
      // kafkajs deletes only of topics that it has asked for.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({
        topic,
        partitions: [{ partition: this.task.partition, offset: String(offset) }],
      });
    } finally {
      await admin.disconnect();
    }
  }

  /** The end of both inputs. */
  get end(): Position {
    const { topics } = this.stores.settings;
    const count = (of: string): number => this.#records.filter(({ topic }) => topic === of).length;
    return { interactions: count(topics.interactions), profiles: count(topics.profiles) };
  }

  marker(): Promise<Position | undefined> {
    return this.#store.peekMarker(this.task);
  }

  /**
   * What an uninterrupted run would have left is there, and nothing else: one list for each input from `from` on, in
   * their order, each made from the right state; the states; marker and committed offsets at the end.
   */
  async expectUninterrupted(from: Position = START): Promise<void> {
    expect(await this.#committed()).toEqual(this.end);
    expect(await this.marker()).toEqual(this.end);
    const context = this.#context(this.stores.log, this.#store, { settings: this.stores.settings });
    expect(await this.#lists()).toEqual(await listsFrom(context, this.#records, from));
    await this.expectFold();
  }

  /** The stored states are those of the log up to their marker. */
  async expectFold(): Promise<void> {
    const context = this.#context(this.stores.log, this.#store, { settings: this.stores.settings });
    const expected = await statesAt(context, this.#records, (await this.marker()) ?? START);
    const stored = await Promise.all(this.users.map((user) => this.#store.peek(this.task, user)));
    expect(stored).toEqual(this.users.map((user) => expected.get(user)));
  }

  #openStore(): StateStore {
    return RedisStateStore.open({ redis: parseRedisUrl(this.stores.redisUrl), namespace: this.#namespace });
  }

  #context(...[log, store, change]: Parameters<typeof taskContext>): TaskContext {
    const recommender = shared(echoRecommender(EVERYTHING));
    return taskContext(log, store, { task: this.task, recommender, ...change }, this.stores.partitions);
  }

  /** Whoever takes over finds every transaction before it decided, and readable. */
  async #committed(): Promise<Position> {
    const { log, settings } = this.stores;
    const taskLog = await log.takeOver(settings.group, settings.topics, this.task, 'judge', 'none');
    const position = await taskLog.settled();
    await taskLog.close();
    return position;
  }

  async #lists(): Promise<readonly RecommendationList[]> {
    const { log, settings } = this.stores;
    const { records } = await log.read(settings.topics.recommendations, this.task.partition, 0, 1000);
    return records.map(({ value }) => {
      const decoded = lists.decode(value!);
      if (!decoded.ok) throw new Error(decoded.message);
      return decoded.value;
    });
  }
}

function usersIn({ partition }: Task, partitions: number): readonly [string, string] {
  const names = Array.from({ length: 200 * partitions }, (_, index) => `user-${index}`);
  const [first, second] = names.filter((name) => partitionOf(Buffer.from(name), partitions) === partition);
  if (first === undefined || second === undefined) throw new Error(`no users for partition ${partition}`);
  return [first, second];
}
