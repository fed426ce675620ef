/** What goes in and comes out: seeded events, sent as fast as possible or at a rate, and the lists that follow. */
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Consumer, type Producer } from 'kafkajs';
import { SINGLE_OBJECT } from '../../../src/events/wire-format.js';
import { interaction } from '../../builders/events.js';
import { type Percentiles, percentiles, topicsOf } from './plan.js';

const CHUNK = 1000;
const TICK_MS = 5;

/** Events of `users` users in turn; each id once. */
export class Traffic {
  #sent = 0;
  /** By partition: offsets at which a send began, and its time. */
  readonly #times = new Map<number, { readonly offset: number; readonly time: number }[]>();
  readonly #random: () => number;

  private constructor(
    private readonly producer: Producer,
    private readonly topic: string,
    private readonly users: number,
    private readonly encode: (id: number, user: string, item: string, now: number) => Buffer,
    seed: number,
  ) {
    let state = seed * 7919 + 1;
    this.#random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
  }

  static async open(brokers: string, run: string, users: number, seed: number): Promise<Traffic> {
    const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING });
    const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    const topic = topicsOf(run).interactions;
    const encoder = await SINGLE_OBJECT.encoder('interaction', topic);
    const encode = (id: number, userId: string, itemId: string, occurredAt: number): Buffer =>
      encoder.encode(interaction({ eventId: `event-${seed}-${id}`, userId, itemId, occurredAt }));
    return new Traffic(producer, topic, users, encode, seed);
  }

  get sent(): number {
    return this.#sent;
  }

  /** When the event of an offset was sent, ms since the epoch. */
  timeOf(partition: number, offset: number): number {
    const times = this.#times.get(partition) ?? [];
    let [from, to] = [0, times.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((times[middle]?.offset ?? 0) <= offset) from = middle + 1;
      else to = middle;
    }
    return times[from - 1]?.time ?? Number.NaN;
  }

  /** As fast as the broker takes them. */
  async preload(count: number): Promise<void> {
    for (let left = count; left > 0; left -= CHUNK) await this.#send(Math.min(CHUNK, left));
  }

  /** `perSecond` events a second for some seconds, evenly in steps of 5 ms. */
  async steady(perSecond: number, seconds: number): Promise<void> {
    const started = performance.now();
    let sent = 0;
    const sending = new Set<Promise<void>>();
    for (;;) {
      const elapsed = (performance.now() - started) / 1000;
      if (elapsed >= seconds) break;
      const due = Math.floor(elapsed * perSecond) - sent;
      if (due > 0) {
        sent += due;
        const one = this.#send(due).finally(() => sending.delete(one));
        sending.add(one);
      }
      await sleep(TICK_MS);
    }
    await Promise.all(sending);
  }

  async close(): Promise<void> {
    await this.producer.disconnect();
  }

  async #send(count: number): Promise<void> {
    const now = Date.now();
    const messages = Array.from({ length: count }, () => {
      this.#sent += 1;
      const user = `user-${1000 + Math.floor(this.#random() * this.users)}`;
      const item = `item-${1000 + Math.floor(this.#random() * 5000)}`;
      return { key: user, value: this.encode(this.#sent, user, item, now), timestamp: String(now) };
    });
    for (const { partition, baseOffset } of await this.producer.send({ topic: this.topic, messages })) {
      const times = this.#times.get(partition) ?? [];
      const offset = Number(baseOffset);
      // Several sends are in flight at once: their answers may come out of order.
      const at = times.findLastIndex((one) => one.offset < offset) + 1;
      times.splice(at, 0, { offset, time: now });
      this.#times.set(partition, times);
    }
  }
}

/** Where a list comes from, and when it was seen. */
interface Arrival {
  readonly at: number;
  readonly value: Buffer;
}

/** Lists as an ordinary consumer that reads committed sees them. */
export class Lists {
  #arrivals: Arrival[] = [];
  #forgotten = 0;
  #waiting: { count: number; resolve: () => void } | undefined;

  private constructor(private readonly consumer: Consumer) {}

  static async follow(brokers: string, run: string): Promise<Lists> {
    const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: `${run}.watch.${crypto.randomUUID()}`, maxWaitTimeInMs: 20 });
    await consumer.connect();
    await consumer.subscribe({ topics: [topicsOf(run).recommendations], fromBeginning: true });
    const lists = new Lists(consumer);
    const joined = Promise.withResolvers<undefined>();
    consumer.on(consumer.events.GROUP_JOIN, () => {
      joined.resolve(undefined);
    });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 8,
      eachBatch: async ({ batch }) => {
        lists.#take(
          Date.now(),
          batch.messages.map(({ value }) => value ?? Buffer.alloc(0)),
        );
      },
    });
    await joined.promise;
    return lists;
  }

  get count(): number {
    return this.#forgotten + this.#arrivals.length;
  }

  /** Keeps the count alone: what is measured from here on must not be slowed by what lies in memory. */
  forget(): void {
    this.#forgotten = this.count;
    this.#arrivals = [];
  }

  /** Resolves once this many came. */
  async reach(count: number): Promise<void> {
    if (this.count >= count) return;
    await new Promise<void>((resolve) => {
      this.#waiting = { count, resolve };
    });
  }

  /** Lists a second between the arrivals of two counts: the way up to the first is left out. */
  rate(from: number, to: number): number {
    const first = this.#arrivals[from - this.#forgotten];
    const last = this.#arrivals[to - 1 - this.#forgotten];
    if (!first || !last) return Number.NaN;
    return Math.round(((to - from) * 1000) / (last.at - first.at));
  }

  /** From event to list, ms, of the lists since a count. */
  async latencies(from: number, traffic: Traffic): Promise<Percentiles> {
    const decoder = (await SINGLE_OBJECT.prepare([]))('recommendation-list');
    const found = this.#arrivals.slice(from - this.#forgotten).map(({ at, value }) => {
      const decoded = decoder.decode(value);
      if (!decoded.ok) throw new Error(decoded.message);
      const { partition, offset } = decoded.value.source;
      return at - traffic.timeOf(partition, offset);
    });
    return percentiles(found);
  }

  async close(): Promise<void> {
    await this.consumer.disconnect();
  }

  #take(at: number, values: readonly Buffer[]): void {
    for (const value of values) this.#arrivals.push({ at, value });
    if (!this.#waiting || this.count < this.#waiting.count) return;
    this.#waiting.resolve();
    this.#waiting = undefined;
  }
}
