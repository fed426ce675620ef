/**
 * Transactions of one transactional id. The first one fences every earlier producer of that id (kafkajs takes its
 * producer id there, not in connect()). After any error the producer is dead: whoever owns it throws it away.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CompressionTypes, Producer, RecordMetadata, Transaction } from 'kafkajs';
import { OutcomeUnknown } from '../../ports/errors.js';
import type { OutgoingRecord } from '../../ports/log.js';
import type { KafkaClient } from './client.js';
import { COMPRESSION_TYPES } from './compression.js';
import { isFenced, kafkaTypes, translate, translated } from './errors.js';
import type { OffsetToCommit } from './offsets.js';

/** Brokers take messages of 1 MiB unless told otherwise, and kafkajs makes one of all records for a partition. */
const MAX_SEND_BYTES = 800_000;
const RECORD_OVERHEAD = 100;
/**
 * Offsets must wait for the end of the transaction before, which is written in the background, and for a coordinator
 * that has just started. kafkajs gives up the one at once, and looks for the other under names that it does not use.
 */
const OFFSETS_WAIT = [
  'CONCURRENT_TRANSACTIONS',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
];
/** Ms. */
const OFFSETS_PATIENCE = 3000;
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 50;

export interface Written {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export class Transactions {
  readonly #producer: Producer;
  readonly #compression: CompressionTypes;
  #open: Transaction | undefined;

  private constructor(
    client: KafkaClient,
    private readonly transactionalId: string,
  ) {
    this.#producer = client.producer(transactionalId);
    this.#compression = COMPRESSION_TYPES[client.options.compression];
  }

  static async connect(client: KafkaClient, transactionalId: string): Promise<Transactions> {
    const transactions = new Transactions(client, transactionalId);
    await transactions.#producer.connect();
    return transactions;
  }

  /**
   * ONE transaction: all records and offsets, or none.
   * Returns the first offset that was written to each partition.
   * @throws OwnershipLost, Unavailable: nothing was written; OutcomeUnknown: it may or may not have been
   */
  async run(
    records: readonly OutgoingRecord[],
    group: string,
    offsets: readonly OffsetToCommit[],
  ): Promise<readonly Written[]> {
    const transaction = await translated('begin a transaction', () => this.#producer.transaction());
    this.#open = transaction;
    const written = await translated('write to a transaction', async () => {
      const sent: RecordMetadata[] = [];
      for (const part of portions(records)) {
        sent.push(...(await transaction.sendBatch({ topicMessages: part, compression: this.#compression })));
      }
      if (offsets.length > 0) await sendOffsets(transaction, group, offsets);
      return sent;
    });
    try {
      await transaction.commit();
    } catch (error) {
      // An abort is not allowed any more, and would not help: whether the commit arrived is unknown.
      this.#open = undefined;
      if (isFenced(error)) throw translate(error, 'commit');
      throw new OutcomeUnknown(`Kafka did not confirm a commit of "${this.transactionalId}"`, { cause: error });
    }
    this.#open = undefined;
    return firstOffsets(written);
  }

  /** Aborts what is open, so that consumers need not wait for its timeout. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.abort().catch(() => undefined);
    await this.#producer.disconnect().catch(() => undefined);
  }
}

function firstOffsets(written: readonly RecordMetadata[]): readonly Written[] {
  const places = Map.groupBy(written, ({ topicName, partition }) => `${topicName}/${partition}`);
  return [...places.values()].flatMap(([first]) =>
    first ? [{ topic: first.topicName, partition: first.partition, offset: Number(first.baseOffset) }] : [],
  );
}

/** The same offsets twice in a transaction do no harm. */
async function sendOffsets(transaction: Transaction, group: string, offsets: readonly OffsetToCommit[]): Promise<void> {
  const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([topic, partitions]) => ({ topic, partitions }));
  const until = performance.now() + OFFSETS_PATIENCE;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause + FIRST_PAUSE, LONGEST_PAUSE)) {
    try {
      await transaction.sendOffsets({ consumerGroupId: group, topics });
      return;
    } catch (error) {
      const isPassing = kafkaTypes(error).some((type) => OFFSETS_WAIT.includes(type));
      if (!isPassing || performance.now() > until) throw error;
      await sleep(pause);
    }
  }
}

type TopicMessages = Parameters<Transaction['sendBatch']>[0]['topicMessages'];

/** Records in their order, by topic, in portions that a broker takes. */
export function portions(records: readonly OutgoingRecord[]): readonly NonNullable<TopicMessages>[] {
  const parts: OutgoingRecord[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const record of records) {
    const size = RECORD_OVERHEAD + (record.key?.length ?? 0) + (record.value?.length ?? 0);
    if (bytes + size > MAX_SEND_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(record);
    bytes += size;
  }
  return parts.map((part) =>
    [...Map.groupBy(part, ({ topic }) => topic)].map(([topic, of]) => ({ topic, messages: of.map(message) })),
  );
}

function message({ key, value, timestamp }: OutgoingRecord) {
  return { key, value, ...(timestamp !== undefined && { timestamp: String(Math.trunc(timestamp)) }) };
}
