/**
 * What comes out: when lists came to a reader that reads committed. It decodes none of them and keeps none, because it
 * shares the cores with what is measured: the first list of a partition answers the first of its events that owes one,
 * the second the second, and so on (the tests of delivery hold that; the raw loop does the same).
 */
import type { KafkaClient } from '../../../src/adapters/kafka/client.js';
import { PartitionReader } from '../../../src/adapters/kafka/partition-reader.js';
import { type Percentiles, type Place, percentiles, topicsOf } from './plan.js';

/** Lists that came together. */
interface Arrival {
  readonly partition: number;
  /** As performance.now() has it. */
  readonly at: number;
  /** Of them. */
  readonly count: number;
  /** Lists of this partition before them. */
  readonly before: number;
}

export class Lists {
  readonly #arrivals: Arrival[] = [];
  readonly #counts: number[];
  readonly #readers: readonly PartitionReader[];
  readonly #following: readonly Promise<void>[];
  #count = 0;
  #isClosed = false;
  #waiting: { readonly count: number; readonly resolve: () => void } | undefined;

  private constructor(
    private readonly cluster: ReturnType<KafkaClient['cluster']>,
    { run, partitions }: Place,
  ) {
    const topic = topicsOf(run).recommendations;
    this.#counts = Array.from({ length: partitions }, () => 0);
    this.#readers = this.#counts.map((_, partition) => new PartitionReader(cluster, topic, partition));
    this.#following = this.#readers.map((reader, partition) => this.#follow(reader, partition));
  }

  static async follow(client: KafkaClient, place: Place): Promise<Lists> {
    const cluster = client.cluster();
    await cluster.connect();
    return new Lists(cluster, place);
  }

  get count(): number {
    return this.#count;
  }

  /** By partition. */
  get counts(): readonly number[] {
    return [...this.#counts];
  }

  /** Resolves once this many came. */
  async reach(count: number): Promise<void> {
    if (this.#count >= count) return;
    await new Promise<void>((resolve) => {
      this.#waiting = { count, resolve };
    });
  }

  /** Lists a second between the arrivals of two counts: the way up to the first is left out. */
  rate(from: number, to: number): number {
    let count = 0;
    let first: { readonly at: number; readonly count: number } | undefined;
    for (const arrival of this.#arrivals) {
      count += arrival.count;
      if (first === undefined && count >= from) first = { at: arrival.at, count };
      if (first !== undefined && count >= to)
        return Math.round(((count - first.count) * 1000) / (arrival.at - first.at));
    }
    return Number.NaN;
  }

  /**
   * From event to list, ms, of the lists since `counts`.
   * @param sentAt when the event was sent that owes a list of a partition, counted from 0
   */
  latencies(counts: readonly number[], sentAt: (partition: number, index: number) => number): Percentiles {
    const found: number[] = [];
    for (const { partition, at, count, before } of this.#arrivals) {
      for (let index = Math.max(before, counts[partition] ?? 0); index < before + count; index += 1) {
        found.push(at - sentAt(partition, index));
      }
    }
    return percentiles(found);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const reader of this.#readers) reader.close();
    await Promise.allSettled(this.#following);
    await this.cluster.disconnect();
  }

  async #follow(reader: PartitionReader, partition: number): Promise<void> {
    while (!this.#isClosed) {
      await reader.wait();
      const { records, next } = reader.stretch;
      if (records.length > 0) this.#take(partition, records.length);
      // What was counted is forgotten; nothing more is asked for.
      await reader.fill(next, 0);
    }
  }

  #take(partition: number, count: number): void {
    const before = this.#counts[partition] ?? 0;
    this.#arrivals.push({ partition, at: performance.now(), count, before });
    this.#counts[partition] = before + count;
    this.#count += count;
    if (!this.#waiting || this.#count < this.#waiting.count) return;
    this.#waiting.resolve();
    this.#waiting = undefined;
  }
}
