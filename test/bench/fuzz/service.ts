/** The real loop on Kafka and Redis with a constant recommender, and everything that it tells while it runs. */
import { KafkaLog } from '../../../src/adapters/kafka/kafka-log.js';
import { DEFAULT_KAFKA_TIMING } from '../../../src/adapters/kafka/options.js';
import { RedisStateStore } from '../../../src/adapters/redis/redis-state-store.js';
import { parseRedisUrl } from '../../../src/adapters/redis/redis-url.js';
import { SINGLE_OBJECT } from '../../../src/events/wire-format.js';
import { SILENT } from '../../../src/ops/logger.js';
import type { StateStore } from '../../../src/ports/state-store.js';
import { CatalogueView } from '../../../src/stream/catalogue-view.js';
import { Processor, type ProcessorStatus } from '../../../src/stream/processor.js';
import type { StreamReport } from '../../../src/stream/report.js';
import { DEFAULT_STREAM_SETTINGS, type StreamTopics } from '../../../src/stream/settings.js';
import { CONSTANT } from '../stream/constant-recommender.js';
import { PARTITIONS, type Side } from './fuzzed.js';

/** By partition. */
export type Ends = Readonly<Record<Side, readonly number[]>>;

interface Waiting {
  readonly isOver: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Service {
  readonly counts = { records: 0, lists: 0, deadLetters: 0, unchanged: 0 };
  readonly peak = { heap: 0, buffers: 0, resident: 0 };
  /** What must not happen. */
  readonly troubles: string[] = [];
  takeOvers = 0;
  readonly #log: KafkaLog;
  readonly #store: RedisStateStore;
  readonly #catalogue: CatalogueView;
  readonly #processor: Processor;
  readonly #waiting = new Set<Waiting>();
  /** Looks for gains that have ended which found none, by partition. */
  readonly #nothingDue = new Map<number, number>();
  #wasReady = false;

  constructor(brokers: string, redisUrl: string, run: string, topics: StreamTopics) {
    this.#log = new KafkaLog({
      brokers: [brokers],
      clientId: 'fuzz',
      compression: 'none',
      timing: DEFAULT_KAFKA_TIMING,
      logger: SILENT,
    });
    this.#store = RedisStateStore.open({ redis: parseRedisUrl(redisUrl), namespace: run });
    this.#catalogue = new CatalogueView(this.#log, topics.catalogue, SILENT, SINGLE_OBJECT);
    this.#processor = new Processor({
      log: this.#log,
      store: this.#watched(this.#store),
      wire: SINGLE_OBJECT,
      catalogue: this.#catalogue,
      recommender: CONSTANT,
      settings: { ...DEFAULT_STREAM_SETTINGS, topics, group: run, start: 'earliest', watchMs: 200 },
      logger: SILENT,
      observe: (report) => {
        this.#observe(report);
      },
      onStep: (step) => {
        if (step === 'idle') this.#look();
      },
      onFault: (error) => {
        this.#trouble(`a fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      },
    });
  }

  start(): Promise<void> {
    return this.#processor.start();
  }

  /** Reads the catalogue to its end: a batch need not have looked since its last records came. */
  catchUp(): Promise<void> {
    return this.#catalogue.catchUp();
  }

  status(): ProcessorStatus {
    return this.#processor.status();
  }

  /** Resolves once every task has come so far. @throws Error when the stream does not go on */
  reached(ends: Ends): Promise<void> {
    return this.#until(() => {
      const { tasks } = this.#processor.status();
      const isThere = tasks.map(
        ({ partition, position }) =>
          position !== undefined &&
          position.interactions >= (ends.interactions[partition] ?? 0) &&
          position.profiles >= (ends.profiles[partition] ?? 0),
      );
      return isThere.length === PARTITIONS && isThere.every(Boolean);
    });
  }

  /** Resolves once every task has looked for gains that have ended, and found none. */
  async nothingDue(): Promise<void> {
    this.#nothingDue.clear();
    // The first may have been under way.
    await this.#until(() => this.#nothingDue.size === PARTITIONS && [...this.#nothingDue.values()].every((n) => n > 1));
  }

  async close(): Promise<void> {
    await this.#processor.close();
    await Promise.all([this.#log.close(), this.#store.close()]);
  }

  #until(isOver: () => boolean): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#waiting.add({ isOver, resolve, reject });
      this.#look();
    });
  }

  #look(): void {
    this.#measure();
    const [trouble] = this.troubles;
    for (const waiting of this.#waiting) {
      if (trouble === undefined && !waiting.isOver()) continue;
      this.#waiting.delete(waiting);
      if (trouble === undefined) waiting.resolve();
      else waiting.reject(new Error(trouble));
    }
  }

  #measure(): void {
    const { heapUsed, external, rss } = process.memoryUsage();
    this.peak.heap = Math.max(this.peak.heap, heapUsed);
    this.peak.buffers = Math.max(this.peak.buffers, external);
    this.peak.resident = Math.max(this.peak.resident, rss);
  }

  #observe(report: StreamReport): void {
    const { ready, tasks } = this.#processor.status();
    if (report.kind === 'taken-over') this.takeOvers += 1;
    if (report.kind === 'interrupted')
      this.#trouble(`a task is ${report.how}: ${tasks.map(({ lastError }) => lastError ?? '-').join('; ')}`);
    if (this.#wasReady && !ready) this.#trouble(`a task is ${tasks.map(({ phase }) => phase).join(', ')}`);
    this.#wasReady ||= ready;
    if (report.kind === 'batch') {
      this.counts.records += report.records;
      this.counts.lists += report.lists;
      this.counts.deadLetters += report.deadLetters;
      this.counts.unchanged += report.unchanged;
    }
    this.#look();
  }

  #trouble(what: string): void {
    this.troubles.push(what);
    this.#look();
  }

  #watched(store: RedisStateStore): StateStore {
    return {
      layout: () => store.layout(),
      claim: (...given) => store.claim(...given),
      marker: (...given) => store.marker(...given),
      read: (...given) => store.read(...given),
      write: (...given) => store.write(...given),
      due: async (task, ...given) => {
        const due = await store.due(task, ...given);
        const found = this.#nothingDue.get(task.partition) ?? 0;
        if (due.ok) this.#nothingDue.set(task.partition, due.value.length === 0 ? found + 1 : 0);
        return due;
      },
      peekMarker: (...given) => store.peekMarker(...given),
      peek: (...given) => store.peek(...given),
      scan: (...given) => store.scan(...given),
      close: () => store.close(),
    };
  }
}
