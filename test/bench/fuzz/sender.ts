/** Sends fuzzed records by plain kafkajs: in batches of every compression, alone, and in transactions that end either way. */
import kafkajs, { type Kafka, type Producer, type RecordMetadata } from 'kafkajs';
import { registerCodecs } from '../../../src/adapters/kafka/compression.js';
import type { StreamTopics } from '../../../src/stream/settings.js';
import { type Fuzzed, LIST, type Side } from './fuzzed.js';
import type { Ledger } from './ledger.js';
import type { Source } from './source.js';

const { CompressionTypes } = kafkajs;
const COMPRESSIONS = [
  CompressionTypes.None,
  CompressionTypes.GZIP,
  CompressionTypes.Snappy,
  CompressionTypes.LZ4,
  CompressionTypes.ZSTD,
];
/** Of one transaction that is aborted. */
const ABORTED = 6;

type Batch = Parameters<Producer['sendBatch']>[0];

export class Sender {
  readonly #plain: Producer;
  readonly #transactional: Producer;
  readonly aborted = { transactions: 0, records: 0 };

  private constructor(
    kafka: Kafka,
    run: string,
    private readonly topics: StreamTopics,
    private readonly source: Source,
    private readonly ledger: Ledger,
  ) {
    registerCodecs();
    const sure = {
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    };
    this.#plain = kafka.producer(sure);
    this.#transactional = kafka.producer({ ...sure, transactionalId: `${run}.fuzz` });
  }

  static async connect(
    kafka: Kafka,
    run: string,
    topics: StreamTopics,
    source: Source,
    ledger: Ledger,
  ): Promise<Sender> {
    const sender = new Sender(kafka, run, topics, source, ledger);
    await Promise.all([sender.#plain.connect(), sender.#transactional.connect()]);
    return sender;
  }

  /** In their order. A transaction may be open around them. */
  async send(records: readonly Fuzzed[]): Promise<void> {
    const lot = this.source.random.below(10);
    if (lot < 6) await this.#send(this.#plain, records);
    else if (lot < 8) await this.#inTransaction(records);
    else await this.#besideAborted(records);
  }

  async catalogue(records: readonly { readonly key: Buffer | null; readonly value: Buffer | null }[]): Promise<void> {
    await this.#plain.send({ topic: this.topics.catalogue, messages: [...records], compression: this.#compression() });
  }

  async disconnect(): Promise<void> {
    await Promise.all([this.#plain.disconnect(), this.#transactional.disconnect()]);
  }

  async #inTransaction(records: readonly Fuzzed[]): Promise<void> {
    const transaction = await this.#transactional.transaction();
    await this.#send(transaction, records);
    await transaction.commit();
  }

  /** Sound records that are taken back, around others that stay; then some are sent again, and count. */
  async #besideAborted(records: readonly Fuzzed[]): Promise<void> {
    const { source } = this;
    const events = Array.from({ length: ABORTED }, () => {
      const side: Side = source.random.below(2) === 0 ? 'interactions' : 'profiles';
      return { side, event: source.event(side, source.user()) };
    });
    const transaction = await this.#transactional.transaction();
    const taken = events.map(({ side, event }) => source.record(side, 'aborted', event, LIST));
    await this.#send(transaction, taken, true);
    await this.#send(this.#plain, records);
    await transaction.abort();
    this.aborted.transactions += 1;
    this.aborted.records += taken.length;
    const again = events.slice(0, source.random.below(3));
    if (again.length === 0) return;
    await this.#send(
      this.#plain,
      again.map(({ side, event }) => source.accepted(side, 'after its abort', event)),
    );
  }

  async #send(producer: Pick<Producer, 'sendBatch'>, records: readonly Fuzzed[], isTakenBack = false): Promise<void> {
    const topicMessages = [...Map.groupBy(records, ({ side }) => side)].map(([side, of]) => ({
      topic: this.topics[side],
      messages: of.map(({ key, value, partition, timestamp }) => ({ key, value, partition, timestamp })),
    }));
    const batch: Batch = { topicMessages, compression: this.#compression() };
    const written = await producer.sendBatch(batch);
    for (const [side, of] of Map.groupBy(records, ({ side }) => side)) {
      for (const [partition, there] of Map.groupBy(of, ({ partition }) => partition)) {
        const first = firstOffset(written, this.topics[side], partition);
        for (const [i, { kind, expected }] of there.entries()) {
          this.ledger.add(side, partition, first + i, { kind, expected: isTakenBack ? null : expected });
        }
      }
    }
  }

  #compression(): (typeof COMPRESSIONS)[number] {
    return this.source.pick(COMPRESSIONS);
  }
}

function firstOffset(written: readonly RecordMetadata[], topic: string, partition: number): number {
  const found = written.find((one) => one.topicName === topic && one.partition === partition);
  if (found?.baseOffset === undefined)
    throw new Error(`Kafka did not say where records of "${topic}" ${partition} lie`);
  return Number(found.baseOffset);
}
