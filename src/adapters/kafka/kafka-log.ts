/** Kafka as the log: topics, groups and transactions on kafkajs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Producer } from 'kafkajs';
import { StartRefused, TaskStopped, TopicMissing, Unavailable } from '../../ports/errors.js';
import type {
  GroupListener,
  Log,
  Membership,
  OutgoingRecord,
  PartitionExtent,
  Progress,
  ReadResult,
  Start,
  Task,
  TaskLog,
  TaskTopics,
} from '../../ports/log.js';
import { KafkaClient } from './client.js';
import { COMPRESSION_TYPES } from './compression.js';
import { isPassing, kafkaTypes, patiently, translate, translated } from './errors.js';
import { GroupMembership } from './group-membership.js';
import type { Cluster } from './internals.js';
import { KafkaTaskLog } from './kafka-task-log.js';
import { boundsOf, extentsOf, leaderOf, partitionsOf } from './metadata.js';
import { sentinelTopic } from './offsets.js';
import type { KafkaOptions } from './options.js';
import { PartitionReader } from './partition-reader.js';
import type { Written } from './produce.js';
import { Transactions } from './transactions.js';

/** Committed offsets need a topic. This one holds no records; each source has a group of its own. */
const PROGRESS_TOPIC = 'steerstream.progress';
/** How long an append waits until readers see it, ms: longer where another producer's transaction is open. */
const VISIBLE_MS = 5000;
const VISIBLE_PAUSE = 5;
const ALREADY_THERE = 'TOPIC_ALREADY_EXISTS';

export class KafkaLog implements Log {
  readonly #client: KafkaClient;
  readonly #cluster: Cluster;
  readonly #memberships = new Set<GroupMembership>();
  readonly #taskLogs = new Set<KafkaTaskLog>();
  readonly #readers = new Map<string, { readonly reader: PartitionReader; last: Promise<unknown> }>();
  #connected: Promise<void> | undefined;
  #admin: Promise<Admin> | undefined;
  #producer: Promise<Producer> | undefined;
  #closed = false;

  /** Connects at the first call. */
  constructor(options: KafkaOptions) {
    this.#client = new KafkaClient(options);
    this.#cluster = this.#client.cluster();
  }

  async ensureTopic(topic: string, partitions: number): Promise<void> {
    const found = await this.#partitions(topic).catch(absent);
    if (found === undefined) await this.#create(topic, partitions);
    const now = found ?? (await this.#partitions(topic));
    if (now === partitions) return;
    throw new Error(
      `topic "${topic}" has ${now} partitions, not ${partitions}: their number decides where each user lies. To move to ` +
        'more, see "grow" in docs/operations.md',
    );
  }

  async extents(topic: string): Promise<readonly PartitionExtent[]> {
    const cluster = await this.#connect();
    return patiently(`look up the offsets of "${topic}"`, () => extentsOf(cluster, topic));
  }

  async ends(topic: string): Promise<readonly number[]> {
    const cluster = await this.#connect();
    return patiently(`look up the ends of "${topic}"`, () => boundsOf(cluster, topic, 'end'));
  }

  async read(topic: string, partition: number, from: number, max: number): Promise<ReadResult> {
    const cluster = await this.#connect();
    const key = `${topic}/${partition}`;
    let entry = this.#readers.get(key);
    if (!entry) {
      entry = { reader: new PartitionReader(cluster, topic, partition, 'shared'), last: Promise.resolve() };
      this.#readers.set(key, entry);
    }
    const { reader, last } = entry;
    const reading = last.then(() => translated(`read "${topic}"`, () => readAt(reader, from, max)));
    entry.last = reading.catch(() => undefined);
    return reading;
  }

  async append(records: readonly OutgoingRecord[], progress?: Progress): Promise<void> {
    const [first] = records;
    if (!first) return;
    for (const topic of new Set(records.map(({ topic }) => topic))) await this.#partitions(topic);
    if (progress === undefined && records.length === 1) await this.#send(first);
    else await this.#transact(records, progress);
  }

  async progress(source: string): Promise<number> {
    const cluster = await this.#connect();
    return patiently('look up progress', async () => {
      const groupId = progressGroup(source);
      const coordinator = await cluster.findGroupCoordinator({ groupId });
      const topics = [{ topic: PROGRESS_TOPIC, partitions: [{ partition: 0 }] }];
      const { responses } = await coordinator.offsetFetch({ groupId, topics });
      return Math.max(0, Number(responses[0]?.partitions[0]?.offset ?? 0));
    });
  }

  async join(group: string, topics: TaskTopics, listener: GroupListener): Promise<Membership> {
    const partitions = await this.#partitions(topics.interactions);
    const other = await this.#partitions(topics.profiles);
    if (partitions !== other) {
      throw new StartRefused(
        `"${topics.interactions}" has ${partitions} partitions and "${topics.profiles}" ${other}: a task needs both alike`,
      );
    }
    const found = await this.#ensureInternal(sentinelTopic(group), partitions);
    if (found < partitions) throw new StartRefused(raised(group, found, partitions));
    const membership = await GroupMembership.join(this.#client, group, topics, listener);
    this.#memberships.add(membership);
    await this.#endIfClosed(() => membership.leave());
    return membership;
  }

  async takeOver(group: string, topics: TaskTopics, task: Task, token: string, start: Start): Promise<TaskLog> {
    const cluster = await this.#connect();
    const partitions = await this.#partitions(topics.interactions);
    const found = await this.#ensureInternal(sentinelTopic(group), partitions);
    // Tasks that were there before the inputs had more partitions can be fenced: a move to other topics begins so.
    if (found <= task.partition) throw new TaskStopped('partitions-changed', raised(group, found, partitions));
    const own = { group, topics, task, token };
    const taskLog = await KafkaTaskLog.takeOver(this.#client, cluster, own, start, (closed) => {
      this.#taskLogs.delete(closed);
    });
    this.#taskLogs.add(taskLog);
    await this.#endIfClosed(() => taskLog.close());
    return taskLog;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#memberships].map((membership) => membership.leave()));
    await Promise.all([...this.#taskLogs].map((taskLog) => taskLog.close()));
    for (const { reader } of this.#readers.values()) reader.close();
    const open = await Promise.allSettled([this.#admin, this.#producer]);
    for (const one of open) if (one.status === 'fulfilled') await one.value?.disconnect().catch(() => undefined);
    await this.#cluster.disconnect().catch(() => undefined);
  }

  async #connect(): Promise<Cluster> {
    this.#failIfClosed();
    this.#connected ??= this.#cluster.connect().catch((error: unknown) => {
      this.#connected = undefined;
      throw translate(error, 'connect');
    });
    await this.#connected;
    return this.#cluster;
  }

  #failIfClosed(): void {
    if (this.#closed) throw new Unavailable('this connection to Kafka is closed');
  }

  /** What was on its way when close() came would outlive it. */
  async #endIfClosed(end: () => Promise<void>): Promise<void> {
    if (this.#closed) await end();
    this.#failIfClosed();
  }

  async #partitions(topic: string): Promise<number> {
    const cluster = await this.#connect();
    return patiently(`look up topic "${topic}"`, () => partitionsOf(cluster, topic));
  }

  /** A transaction is decided a moment after its commit returned; until then readers do not see it. */
  async #visible(written: readonly Written[]): Promise<void> {
    const until = performance.now() + VISIBLE_MS;
    for (const { topic, partition, offset } of written) {
      while (((await this.extents(topic))[partition]?.end ?? 0) <= offset && performance.now() < until) {
        await sleep(VISIBLE_PAUSE);
      }
    }
  }

  /** A topic without records that belongs to this adapter: it is made where it is missing. Returns its partitions. */
  async #ensureInternal(topic: string, partitions: number): Promise<number> {
    const found = await this.#partitions(topic).catch(absent);
    if (found === undefined) await this.#create(topic, partitions);
    return found ?? partitions;
  }

  async #create(topic: string, partitions: number): Promise<void> {
    if (!Number.isInteger(partitions) || partitions < 1) {
      throw new Error(`topic "${topic}" needs at least one partition, not ${partitions}`);
    }
    await translated(`make topic "${topic}"`, async () => {
      this.#admin ??= connected(this.#client.admin());
      const admin = await this.#admin.catch((error: unknown) => {
        this.#admin = undefined;
        throw error;
      });
      await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: false }).catch(
        // Another instance may have been quicker.
        (error: unknown) => {
          if (!kafkaTypes(error).includes(ALREADY_THERE)) throw error;
        },
      );
      await this.#appeared(topic);
    });
  }

  /** Brokers hear of a topic a moment after it was made. kafkajs, told to wait for that, gives up at the first look. */
  async #appeared(topic: string): Promise<void> {
    const cluster = await this.#connect();
    const until = performance.now() + VISIBLE_MS;
    for (;;) {
      try {
        const count = await partitionsOf(cluster, topic);
        for (let partition = 0; partition < count; partition += 1) leaderOf(cluster, topic, partition);
        return;
      } catch (error) {
        const isSoon = error instanceof TopicMissing || error instanceof Unavailable || isPassing(error);
        if (!isSoon || performance.now() > until) throw error;
      }
      await sleep(VISIBLE_PAUSE);
      await cluster.refreshMetadata();
    }
  }

  /** One record needs no transaction. It may be written twice where an answer is lost: event ids tell. */
  async #send(record: OutgoingRecord): Promise<void> {
    await translated('append', async () => {
      this.#producer ??= connected(this.#client.producer());
      const producer = await this.#producer.catch((error: unknown) => {
        this.#producer = undefined;
        throw error;
      });
      const compression = COMPRESSION_TYPES[this.#client.options.compression];
      const { topic, key, value, timestamp } = record;
      const message = { key, value, ...(timestamp !== undefined && { timestamp: String(Math.trunc(timestamp)) }) };
      await producer.send({ topic, messages: [message], compression });
    });
  }

  /** An id of the source fences a second producer of the same history. */
  async #transact(records: readonly OutgoingRecord[], progress: Progress | undefined): Promise<void> {
    const id = progress === undefined ? `steerstream.append.${crypto.randomUUID()}` : progressGroup(progress.source);
    const offset = progress && { topic: PROGRESS_TOPIC, partition: 0, offset: String(progress.done), metadata: '' };
    if (offset) await this.#ensureInternal(PROGRESS_TOPIC, 1);
    const transactions = await translated('connect', () => Transactions.connect(this.#client, id));
    try {
      await this.#visible(await transactions.run(records, id, offset ? [offset] : []));
    } catch (error) {
      // The port has no doubt in appends: event ids make a repetition harmless, and progress tells.
      throw error instanceof Error
        ? new Unavailable(`Kafka could not append: ${error.message}`, { cause: error })
        : error;
    } finally {
      await transactions.close();
    }
  }
}

async function readAt(reader: PartitionReader, from: number, max: number): Promise<ReadResult> {
  await reader.fill(from, max);
  const { records, next, first } = reader.stretch;
  if (records.length <= max) return { records, next, first };
  const portion = records.slice(0, max);
  return { records: portion, next: (portion.at(-1)?.offset ?? from - 1) + 1, first };
}

function progressGroup(source: string): string {
  return `steerstream.progress.${source}`;
}

async function connected<T extends { connect(): Promise<void> }>(client: T): Promise<T> {
  await client.connect();
  return client;
}

function raised(group: string, found: number, partitions: number): string {
  return (
    `"${sentinelTopic(group)}" has ${found} partitions, the inputs ${partitions}: their number was raised under group ` +
    `"${group}", and users lie on other partitions now. Move its inputs to new topics: see "Where it was raised all the ` +
    'same" in docs/operations.md'
  );
}

function absent(error: unknown): undefined {
  if (error instanceof TopicMissing) return undefined;
  throw error;
}
