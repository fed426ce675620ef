/**
 * The embedded log: topics, offsets and fences in one SQLite file, `log.sqlite`, which several processes may open at
 * once (a service, and a command line that imports). The log decides and the state store follows, so it is the log that
 * is written through to the disk at every commit (see Durability).
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { StatementSync } from 'node:sqlite';
import { StartRefused, TaskStopped } from '../../ports/errors.js';
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
import { Changes } from './changes.js';
import { Database, type Durability, row } from './database.js';
import { Fences } from './fences.js';
import { LeaseMembership, type LeaseTiming, Leases } from './lease.js';
import { LOG_SCHEMA, LOG_VERSION } from './log-schema.js';
import { LogTables, type TopicRow } from './log-tables.js';
import { SqliteTaskLog } from './sqlite-task-log.js';

export interface SqliteLogOptions {
  /** Default `power`: what is committed outlives a power cut. */
  readonly durability?: Durability;
  readonly now?: () => number;
  readonly lease?: Partial<LeaseTiming>;
}

const DEFAULT_LEASE: LeaseTiming = { heartbeatMs: 1000, sessionMs: 10_000 };

export class SqliteLog implements Log {
  readonly #database: Database;
  readonly #tables: LogTables;
  readonly #fences: Fences;
  readonly #leases: Leases;
  readonly #changes: Changes;
  readonly #members = new Set<LeaseMembership>();
  readonly #progressOf: StatementSync;
  readonly #setProgress: StatementSync;
  readonly #lease: LeaseTiming;

  private constructor(database: Database, options: SqliteLogOptions) {
    const now = options.now ?? Date.now;
    this.#database = database;
    this.#tables = new LogTables(database, now);
    this.#fences = new Fences(database);
    this.#leases = new Leases(database, hostname());
    this.#changes = new Changes(database);
    this.#progressOf = database.prepare('SELECT done FROM progress WHERE source = ?');
    this.#setProgress = database.prepare('INSERT OR REPLACE INTO progress (source, done) VALUES (?, ?)');
    this.#lease = { ...DEFAULT_LEASE, ...options.lease };
  }

  /** Opens `log.sqlite` in a folder and makes both where missing. */
  static open(folder: string, options: SqliteLogOptions = {}): SqliteLog {
    const database = Database.open({
      path: join(folder, 'log.sqlite'),
      schema: LOG_SCHEMA,
      version: LOG_VERSION,
      durability: options.durability ?? 'power',
    });
    return new SqliteLog(database, options);
  }

  ensureTopic(name: string, partitions: number): Promise<void> {
    return this.#database.write(() => {
      const found = row<TopicRow>(this.#database.prepare('SELECT partitions FROM topics WHERE name = ?'), name);
      if (found?.partitions === partitions) return;
      if (found) {
        throw new Error(
          `topic "${name}" has ${found.partitions} partitions, not ${partitions}: their number cannot change, it ` +
            'decides where each user lies',
        );
      }
      if (!Number.isInteger(partitions) || partitions < 1) {
        throw new Error(`topic "${name}" needs at least one partition, not ${partitions}`);
      }
      const { lastInsertRowid } = this.#database
        .prepare('INSERT INTO topics (name, partitions) VALUES (?, ?)')
        .run(name, partitions);
      const extent = this.#database.prepare('INSERT INTO extents (topic, partition, first, next) VALUES (?, ?, 0, 0)');
      for (let partition = 0; partition < partitions; partition += 1) extent.run(lastInsertRowid, partition);
    });
  }

  extents(topic: string): Promise<readonly PartitionExtent[]> {
    return this.#database.read(() => this.#tables.extents(topic));
  }

  async ends(topic: string): Promise<readonly number[]> {
    return (await this.extents(topic)).map(({ end }) => end);
  }

  read(topic: string, partition: number, from: number, max: number): Promise<ReadResult> {
    return this.#database.read(() => this.#tables.read(topic, partition, from, max));
  }

  async append(records: readonly OutgoingRecord[], progress?: Progress): Promise<void> {
    await this.#database.write(() => {
      this.#tables.insert(records);
      if (progress) this.#setProgress.run(progress.source, progress.done);
    });
    this.#changes.notify();
  }

  progress(source: string): Promise<number> {
    return this.#database.read(() => row<{ done: number }>(this.#progressOf, source)?.done ?? 0);
  }

  async join(group: string, topics: TaskTopics, listener: GroupListener): Promise<Membership> {
    const partitions = await this.#database.read(() => this.#taskPartitions(topics));
    const tasks = Array.from({ length: partitions }, (_, partition): Task => ({ partition }));
    const membership = new LeaseMembership(this.#leases, group, tasks, listener, this.#lease);
    this.#members.add(membership);
    membership.start();
    return membership;
  }

  async takeOver(group: string, topics: TaskTopics, task: Task, token: string, start: Start): Promise<TaskLog> {
    const owner = { group, partition: task.partition, token };
    const epoch = await this.#database.write(() => {
      for (const topic of [topics.interactions, topics.profiles]) this.#fixStart(group, topic, task.partition, start);
      return this.#fences.raise(owner);
    });
    return new SqliteTaskLog(this.#database, this.#tables, this.#fences, this.#changes, topics, { ...owner, epoch });
  }

  /** Leaves every group and closes the file. */
  async close(): Promise<void> {
    await Promise.all([...this.#members].map((membership) => membership.leave()));
    this.#members.clear();
    this.#changes.stop();
    this.#database.close();
  }

  #taskPartitions(topics: TaskTopics): number {
    const { partitions } = this.#tables.topic(topics.interactions);
    const other = this.#tables.topic(topics.profiles).partitions;
    if (partitions !== other) {
      throw new StartRefused(
        `"${topics.interactions}" has ${partitions} partitions and "${topics.profiles}" ${other}: a task needs both alike`,
      );
    }
    return partitions;
  }

  #fixStart(group: string, topic: string, partition: number, start: Start): void {
    if (this.#tables.committed(group, topic, partition) !== undefined) return;
    if (start === 'none') {
      throw new TaskStopped(
        'marker-without-offset',
        `there are states for partition ${partition}, but group "${group}" has no committed offset for "${topic}": ` +
          'was the group renamed, or the log replaced? Restore the offsets, or begin with an empty state store',
      );
    }
    const { first, end } = this.#tables.extent(topic, partition);
    this.#tables.commit(group, topic, partition, start === 'earliest' ? first : end);
  }
}
