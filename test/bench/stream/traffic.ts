/**
 * What goes in: seeded events, sent as fast as possible or at a rate. Kept cheap, because it shares the cores with what is
 * measured.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Message, type Producer } from 'kafkajs';
import { partitionOf } from '../../../src/events/murmur2.js';
import { readSchemas } from '../../../src/events/schema-files.js';
import { singleObjectFormat } from '../../../src/events/single-object.js';
import { interaction } from '../../builders/events.js';
import { type Place, topicsOf } from './plan.js';

const CHUNK = 1000;
const TICK_MS = 5;
const ITEMS = 5000;

/** A send: the offset at which it began in a partition, and its time. */
interface Sent {
  readonly offset: number;
  readonly time: number;
}

interface User {
  readonly userId: string;
  readonly key: Buffer;
  readonly partition: number;
}

/** Events of `users` users in turn; each id once. */
export class Traffic {
  #sent = 0;
  #made = 0;
  readonly #times: Sent[][];
  /** Events by partition: the next offsets. */
  readonly #ends: number[];
  readonly #random: (below: number) => number;
  readonly #format = singleObjectFormat(readSchemas('interaction'));

  private constructor(
    private readonly producer: Producer,
    private readonly topic: string,
    private readonly users: readonly User[],
    partitions: number,
    private readonly seed: number,
  ) {
    this.#times = Array.from({ length: partitions }, () => []);
    this.#ends = this.#times.map(() => 0);
    let state = seed * 7919 + 1;
    this.#random = (below) => {
      state = (state * 48_271) % 2_147_483_647;
      return Math.floor((state / 2_147_483_647) * below);
    };
  }

  static async open({ brokers, run, partitions }: Place, users: number, seed: number): Promise<Traffic> {
    const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING });
    const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    const all = Array.from({ length: users }, (_, i): User => {
      const userId = `user-${1000 + i}`;
      const key = Buffer.from(userId);
      return { userId, key, partition: partitionOf(key, partitions) };
    });
    return new Traffic(producer, topicsOf(run).interactions, all, partitions, seed);
  }

  get sent(): number {
    return this.#sent;
  }

  /** By partition, how many events were sent. */
  get ends(): readonly number[] {
    return [...this.#ends];
  }

  /** When the event of an offset was sent, as performance.now() has it. */
  timeOf(partition: number, offset: number): number {
    const times = this.#times[partition] ?? [];
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
    const time = performance.now();
    const now = Date.now();
    const messages = Array.from({ length: count }, () => this.#message(now));
    for (const { partition } of messages) this.#ends[partition] = (this.#ends[partition] ?? 0) + 1;
    this.#sent += count;
    for (const { partition, baseOffset } of await this.producer.send({ topic: this.topic, messages })) {
      const times = this.#times[partition] ?? [];
      const offset = Number(baseOffset);
      // Several sends are in flight at once: their answers may come out of order.
      times.splice(times.findLastIndex((one) => one.offset < offset) + 1, 0, { offset, time });
    }
  }

  #message(now: number): Message & { readonly partition: number } {
    const user = this.users[this.#random(this.users.length)];
    if (user === undefined) throw new Error('there are no users');
    const { userId, key, partition } = user;
    this.#made += 1;
    const eventId = `event-${this.seed}-${this.#made}`;
    const itemId = `item-${1000 + this.#random(ITEMS)}`;
    const value = this.#format.encode(interaction({ eventId, userId, itemId, occurredAt: now }));
    return { key, value, partition, timestamp: String(now) };
  }
}
