/** The queries of the embedded log, prepared once. Each must run inside a transaction of the caller. */
import type { StatementSync } from 'node:sqlite';
import { partitionOf } from '../../events/murmur2.js';
import { TopicMissing } from '../../ports/errors.js';
import type { LogRecord, OutgoingRecord, PartitionExtent, ReadResult } from '../../ports/log.js';
import { buffer, type Database, row, rows } from './database.js';

export interface TopicRow {
  readonly id: number;
  readonly name: string;
  readonly partitions: number;
}

interface RecordRow {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

export class LogTables {
  readonly #topic: StatementSync;
  readonly #extents: StatementSync;
  readonly #extent: StatementSync;
  readonly #read: StatementSync;
  readonly #insert: StatementSync;
  readonly #advance: StatementSync;
  readonly #committed: StatementSync;
  readonly #commit: StatementSync;
  /** Topics never change once made, so a look-up is remembered. */
  readonly #topics = new Map<string, TopicRow>();
  #roundRobin = 0;

  constructor(
    readonly database: Database,
    readonly now: () => number,
  ) {
    const sql = (text: string): StatementSync => database.prepare(text);
    this.#topic = sql('SELECT id, name, partitions FROM topics WHERE name = ?');
    this.#extents = sql('SELECT first, next AS end FROM extents WHERE topic = ? ORDER BY partition');
    this.#extent = sql('SELECT first, next AS end FROM extents WHERE topic = ? AND partition = ?');
    this.#read = sql(
      'SELECT offset, timestamp, key, value FROM records WHERE topic = ? AND partition = ? AND offset >= ? ' +
        'ORDER BY offset LIMIT ?',
    );
    this.#insert = sql(
      'INSERT INTO records (topic, partition, offset, timestamp, key, value) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#advance = sql('UPDATE extents SET next = ? WHERE topic = ? AND partition = ?');
    this.#committed = sql('SELECT next FROM offsets WHERE member_group = ? AND topic = ? AND partition = ?');
    this.#commit = sql('INSERT OR REPLACE INTO offsets (member_group, topic, partition, next) VALUES (?, ?, ?, ?)');
  }

  /** @throws Error when the topic does not exist. */
  topic(name: string): TopicRow {
    const known = this.#topics.get(name) ?? row<TopicRow>(this.#topic, name);
    if (!known) throw new TopicMissing(name);
    this.#topics.set(name, known);
    return known;
  }

  extents(topic: string): readonly PartitionExtent[] {
    return rows<PartitionExtent>(this.#extents, this.topic(topic).id).map(({ first, end }) => ({ first, end }));
  }

  extent(topic: string, partition: number): PartitionExtent {
    const found = row<PartitionExtent>(this.#extent, this.topic(topic).id, partition);
    if (!found) throw new Error(`topic "${topic}" has no partition ${partition}`);
    return found;
  }

  /** Like Kafka, starts at the first record where `from` lies before it; `first` lets the caller notice. */
  read(topic: string, partition: number, from: number, max: number): ReadResult {
    const { first, end } = this.extent(topic, partition);
    const found = rows<RecordRow>(this.#read, this.topic(topic).id, partition, Math.max(from, 0), max);
    const records = found.map((record): LogRecord => ({ topic, partition, ...toRecord(record) }));
    const last = records.at(-1);
    const next = records.length < max ? Math.max(from, end) : last ? last.offset + 1 : from;
    return { records, next, first };
  }

  insert(records: readonly OutgoingRecord[]): void {
    const ends = new Map<string, { topic: TopicRow; partition: number; next: number }>();
    for (const record of records) {
      const topic = this.topic(record.topic);
      const partition = this.#place(record.key, topic.partitions);
      const place = `${topic.id}/${partition}`;
      let end = ends.get(place);
      if (!end) {
        end = { topic, partition, next: this.extent(topic.name, partition).end };
        ends.set(place, end);
      }
      const timestamp = record.timestamp ?? this.now();
      this.#insert.run(topic.id, partition, end.next, Math.trunc(timestamp), record.key, record.value);
      end.next += 1;
    }
    for (const { topic, partition, next } of ends.values()) this.#advance.run(next, topic.id, partition);
  }

  committed(group: string, topic: string, partition: number): number | undefined {
    return row<{ next: number }>(this.#committed, group, this.topic(topic).id, partition)?.next;
  }

  commit(group: string, topic: string, partition: number, next: number): void {
    this.#commit.run(group, this.topic(topic).id, partition, next);
  }

  /** A null key says nothing about order: such records are dealt out in turn. */
  #place(key: Buffer | null, partitions: number): number {
    if (key) return partitionOf(key, partitions);
    this.#roundRobin = (this.#roundRobin + 1) % partitions;
    return this.#roundRobin;
  }
}

function toRecord(found: RecordRow): Pick<LogRecord, 'offset' | 'timestamp' | 'key' | 'value'> {
  return {
    offset: found.offset,
    timestamp: found.timestamp,
    key: found.key && buffer(found.key),
    value: found.value && buffer(found.value),
  };
}
