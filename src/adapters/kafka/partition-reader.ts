/**
 * Reads one partition from where it is told. Kafka answers the requests of a connection one after the other, so a
 * reader that waits for records needs a connection of its own.
 *
 * What was fetched and not used yet is kept, one answer at most beside what the caller asked to see: that bounds the
 * memory whatever the lag.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Unavailable } from '../../ports/errors.js';
import type { LogRecord, ReadResult } from '../../ports/log.js';
import { ENOUGH_BYTES, fetchPartition, type Fetched, sizeOf } from './fetch.js';
import type { Cluster, ConnectionPool } from './internals.js';
import { extentsOf, know, leaderOf } from './metadata.js';

const MAX_BYTES = 1024 * 1024;
/** Of one request, ms: a connection is closed only after its requests were answered. */
const LONGEST_WAIT = 500;
const OUT_OF_RANGE_PAUSE = 100;

export class PartitionReader {
  #records: readonly LogRecord[] = [];
  /** What #records hold lies from #from to before #next. */
  #from = 0;
  #next = 0;
  #first = 0;
  /** As of the last answer. */
  #end = 0;
  #waiting: Promise<void> | undefined;
  #connection: { readonly node: number; readonly pool: ConnectionPool } | undefined;
  #closed = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly topic: string,
    private readonly partition: number,
    /** A connection of its own, for one that waits; or the cluster's, shared with other readers that do not. */
    private readonly connecting: 'own' | 'shared' = 'own',
  ) {}

  /** What is at hand from the last fill on. */
  get stretch(): ReadResult {
    return { records: this.#records, next: this.#next, first: this.#first };
  }

  /** Brings what the log has from here on, up to `max` records or many bytes: does not wait for new ones. */
  async fill(from: number, max: number): Promise<void> {
    this.#drop(from);
    // A wait in flight means that its side had ended a moment ago: it tells by itself when that changes.
    if (this.#waiting && this.#records.length === 0) return;
    let isFresh = false;
    while (
      this.#records.length < max &&
      !(isFresh && this.#next >= this.#end) &&
      sizeOf(this.#records) < ENOUGH_BYTES
    ) {
      const before = this.#next;
      await this.#fetch(0);
      isFresh = true;
      if (this.#next === before) break;
    }
  }

  /** Waits a while for what comes where the last fill ended. One wait is in flight at most; others share it. */
  wait(): Promise<void> {
    if (this.#waiting) return this.#waiting;
    const waiting = this.#fetch(LONGEST_WAIT).finally(() => {
      if (this.#waiting === waiting) this.#waiting = undefined;
    });
    // Whoever polls next sees the failure.
    waiting.catch(() => undefined);
    this.#waiting = waiting;
    return waiting;
  }

  /** Begins to wait where nothing is at hand, so that whoever fills next need not ask again. */
  waitIfEmpty(): void {
    if (this.#records.length === 0) this.wait().catch(() => undefined);
  }

  close(): void {
    this.#closed = true;
    this.#disconnect();
  }

  /** Forgets what lies before; what was fetched from elsewhere is no use at all. */
  #drop(from: number): void {
    const isNear = from >= this.#from && from <= this.#next;
    this.#records = isNear ? this.#records.filter(({ offset }) => offset >= from) : [];
    if (!isNear) {
      this.#next = from;
      this.#waiting = undefined;
    }
    this.#from = from;
  }

  async #fetch(waitMs: number): Promise<void> {
    const from = this.#next;
    const fetched = await this.#ask(from, waitMs);
    // Meanwhile it was moved elsewhere.
    if (this.#next !== from) return;
    // What is at hand already is not lost when the log forgets it.
    if (this.#records.length === 0) this.#first = fetched.first;
    this.#records = this.#records.concat(fetched.records);
    this.#next = fetched.next;
    this.#end = fetched.end;
  }

  async #ask(from: number, waitMs: number): Promise<Fetched> {
    const { topic, partition } = this;
    try {
      const fetched = await fetchPartition(await this.#connect(), {
        topic,
        partition,
        from,
        maxBytes: MAX_BYTES,
        waitMs,
      });
      if (!fetched.isOutOfRange) return fetched;
      // Such an answer comes at once, and would again.
      await sleep(Math.min(waitMs, OUT_OF_RANGE_PAUSE));
      const { first, end } = (await extentsOf(this.cluster, topic))[partition] ?? { first: 0, end: 0 };
      // Before the first offset nothing is skipped here: whoever asked is shown `first` and decides.
      return { ...fetched, first, end };
    } catch (error) {
      this.#disconnect();
      // The leader may have moved.
      await this.cluster.refreshMetadata().catch(() => undefined);
      throw error;
    }
  }

  async #connect(): Promise<ConnectionPool> {
    await know(this.cluster, this.topic);
    const node = leaderOf(this.cluster, this.topic, this.partition);
    this.#failIfClosed();
    if (this.#connection?.node === node) return this.#connection.pool;
    const { connectionPool } = await this.cluster.findBroker({ nodeId: node });
    const { host, port } = connectionPool;
    const pool =
      this.connecting === 'shared' ? connectionPool : await this.cluster.connectionPoolBuilder.build({ host, port });
    this.#failIfClosed();
    return this.connecting === 'shared' ? pool : this.#keep(node, pool);
  }

  /** A pool connects when it is first used, so one that came second while both were made is just dropped. */
  #keep(node: number, pool: ConnectionPool): ConnectionPool {
    if (this.#connection?.node === node) return this.#connection.pool;
    this.#disconnect();
    pool.setVersions(this.cluster.brokerPool.versions);
    pool.setSupportAuthenticationProtocol(true);
    this.#connection = { node, pool };
    return pool;
  }

  #failIfClosed(): void {
    if (this.#closed) throw new Unavailable(`the reader of "${this.topic}" ${this.partition} is closed`);
  }

  #disconnect(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.pool.destroy().catch(() => undefined);
  }
}
