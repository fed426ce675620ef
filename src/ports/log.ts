/**
 * The event log: topics of partitions of records, consumer groups, and the transaction that makes a task's outputs and
 * offsets one. Every method may throw Unavailable.
 */

export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The log's own timestamp, ms. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** A record to be written. Its partition is murmur2 of its key, as Kafka's Java client places it. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Kept as the record's timestamp where given (imports of history); else the log's clock. */
  readonly timestamp?: number;
}

/** Offsets from `first` to before `end` can be read. */
export interface PartitionExtent {
  readonly first: number;
  readonly end: number;
}

/** `next` is the offset after what was read: past gaps, so it can exceed the last record's offset + 1. */
export interface ReadResult {
  readonly records: readonly LogRecord[];
  readonly next: number;
  /** First offset that the log still held after the read: records before it are gone. */
  readonly first: number;
}

/** The input topics of a task. */
export interface TaskTopics {
  readonly interactions: string;
  readonly profiles: string;
}

/** {interactions-p, profiles-p}: one owner, one transactional id, one serial queue, one marker. */
export interface Task {
  readonly partition: number;
}

/** Next offsets of a task's two topics. */
export interface Position {
  readonly interactions: number;
  readonly profiles: number;
}

/** Records of a task in the order in which they are processed, and the position after them. */
export interface Polled {
  readonly records: readonly LogRecord[];
  readonly next: Position;
  /** First offsets that the log still held after the read: records before them are gone. */
  readonly first: Position;
}

/** How far a producer of many records has come, kept by the log in the same transaction as the records. */
export interface Progress {
  readonly source: string;
  readonly done: number;
}

export interface GroupListener {
  /** Tasks newly owned. */
  assigned(tasks: readonly Task[]): void;
  /** Tasks to give up: resolves once their work in flight is finished or dropped. */
  revoked(tasks: readonly Task[]): Promise<void>;
  /** The group deals its tasks anew: resolves once no batch is in flight. None starts before `resumed`. */
  paused(): Promise<void>;
  resumed(): void;
}

export interface Membership {
  /** Resolves once a heartbeat of the current generation succeeded; a zombie waits here. */
  heartbeat(): Promise<void>;
  leave(): Promise<void>;
}

/**
 * A task whose earlier owners are fenced. Obtained by Log.takeOver; dead after any error but Unavailable from poll.
 */
export interface TaskLog {
  /** The committed position, read so that this owner's own sentinel shows: both offsets count. */
  settled(): Promise<Position>;
  /**
   * Records of both topics from `from`, merged by (timestamp, topic, offset): a function of the log and `from` alone
   * as long as both topics have `max` records or have ended; very large records may be fewer. Waits up to `waitMs` for
   * the first record.
   */
  poll(from: Position, max: number, waitMs: number, signal: AbortSignal): Promise<Polled>;
  /**
   * ONE transaction: the outputs, and `to` as the committed position.
   * @throws OwnershipLost nothing was written; OutcomeUnknown it may or may not have been.
   */
  commit(outputs: readonly OutgoingRecord[], to: Position): Promise<void>;
  close(): Promise<void>;
}

/**
 * Where a task starts that has no committed position: at the log's present end, or at its first offsets. `none`: it must
 * have one, because there are states that follow it.
 */
export type Start = 'latest' | 'earliest' | 'none';

export interface Log {
  /** Makes the topic if it is missing. @throws Error when it exists with another number of partitions. */
  ensureTopic(topic: string, partitions: number): Promise<void>;
  /** By partition. @throws TopicMissing */
  extents(topic: string): Promise<readonly PartitionExtent[]>;
  /** By partition, the ends alone: for whoever asks often. @throws TopicMissing */
  ends(topic: string): Promise<readonly number[]>;
  /** Reads a partition outside any group; at most `max` records, empty at the end. */
  read(topic: string, partition: number, from: number, max: number): Promise<ReadResult>;
  /** Appends as any producer would: all of it or nothing, together with the progress. */
  append(records: readonly OutgoingRecord[], progress?: Progress): Promise<void>;
  /** What Progress last said of this source; 0 before the first. */
  progress(source: string): Promise<number>;
  join(group: string, topics: TaskTopics, listener: GroupListener): Promise<Membership>;
  /**
   * Fences every earlier owner of the task and commits the token as a sentinel. Where no position is committed yet, as a
   * reading shows that shows the sentinel, the start is committed too.
   * @throws OwnershipLost when a newer owner is at work already; TaskStopped (marker-without-offset) where `none` finds
   * no committed position.
   */
  takeOver(group: string, topics: TaskTopics, task: Task, token: string, start: Start): Promise<TaskLog>;
  close(): Promise<void>;
}
