/** A platform's producer: plain kafkajs. What it says it sent does not count: the judge reads the log. */
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import type { Inputs, Sent } from './inputs.js';

const TICK_MS = 100;
const ATTEMPTS = 50;
/** Of an item of the catalogue, ticks. */
const CATALOGUE_EVERY = 8;

export class Producing {
  readonly #producer: Producer;
  #stop = new AbortController();
  #loop: Promise<void> | undefined;
  #sent = 0;
  #failures = 0;

  constructor(
    kafka: Kafka,
    private readonly inputs: Inputs,
    /** Bursts of one user's records a tick. */
    private readonly bursts: number,
  ) {
    this.#producer = kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 50, maxRetryTime: 300, retries: 3 },
    });
  }

  get sent(): number {
    return this.#sent;
  }

  get failures(): number {
    return this.#failures;
  }

  async connect(): Promise<void> {
    await this.#producer.connect();
  }

  async send(records: readonly Sent[]): Promise<void> {
    const topics = Map.groupBy(records, ({ topic }) => topic);
    const topicMessages = [...topics].map(([topic, of]) => ({
      topic,
      messages: of.map(({ partition, key, value, timestamp }) => {
        return { ...(partition !== undefined && { partition }), key, value, timestamp: String(timestamp) };
      }),
    }));
    await this.#producer.sendBatch({ topicMessages, acks: -1 });
    this.#sent += records.length;
  }

  /** Until the log has them: a topic that was just made may not be ready. Some may be there twice. */
  async sendSurely(records: readonly Sent[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.send(records);
        return;
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
        await sleep(TICK_MS);
      }
    }
  }

  begin(): void {
    this.#stop = new AbortController();
    this.#loop = this.#run(this.#stop.signal);
  }

  async pause(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async close(): Promise<void> {
    await this.pause();
    await this.#producer.disconnect();
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let tick = 1; !signal.aborted; tick += 1) {
      const now = Date.now();
      const records = Array.from({ length: this.bursts }, () => this.inputs.burst(now)).flat();
      if (tick % CATALOGUE_EVERY === 0) records.push(this.inputs.catalogueChange(now));
      // A broker that is down takes nothing, or takes it and does not say so: both are part of the game.
      await this.send(records).catch(() => (this.#failures += 1));
      await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
