/**
 * Transactions of one transactional id, on kafkajs's requests. The first one fences every earlier producer of that id.
 *
 *   the transaction's coordinator:  InitProducerId (once)   AddPartitionsToTxn  AddOffsetsToTxn               EndTxn
 *   the partitions' leaders:                                              `--> Produce ---------------------->'
 *   the group's coordinator:                                                             `--> TxnOffsetCommit ->'
 *
 * kafkajs's own producer has nine requests where these are five, each waiting for the one before (it asks for the
 * coordinators anew every time): most of a small batch's time. After any error the producer is dead: whoever owns it
 * throws it away, so no request is repeated but those that were surely refused.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { OutcomeUnknown } from '../../ports/errors.js';
import type { OutgoingRecord } from '../../ports/log.js';
import { byTopic } from './by-topic.js';
import type { KafkaClient } from './client.js';
import { batchCodec } from './compression.js';
import { isFenced, isPassing, kafkaTypes, translate, translated } from './errors.js';
import type { Broker, Cluster, Producing } from './internals.js';
import { leaderOf, partitionsOf } from './metadata.js';
import type { OffsetToCommit } from './offsets.js';
import { type Part, placed } from './parts.js';
import { type PlacedBatch, produce, type Written } from './produce.js';
import { encodeBatch } from './record-batch.js';

/** The end of the transaction before is written in the background. */
const NOT_ENDED_YET = 'CONCURRENT_TRANSACTIONS';
/** How long what was refused is tried again, ms. */
const PATIENCE = 3000;
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 50;
const MAX_SEQUENCE = 2 ** 31 - 1;
/** Kafka's numbers for the two kinds of coordinators. */
const COORDINATORS = { group: 0, transaction: 1 } as const;

export class Transactions {
  readonly #cluster: Cluster;
  readonly #client: KafkaClient;
  readonly #coordinators = new Map<string, Promise<Broker>>();
  /** By topic and partition: the sequence number of the next record. */
  readonly #sequences = new Map<string, number>();
  #producing: Producing | undefined;
  #isOpen = false;

  private constructor(
    client: KafkaClient,
    private readonly transactionalId: string,
  ) {
    this.#client = client;
    this.#cluster = client.cluster();
  }

  static async connect(client: KafkaClient, transactionalId: string): Promise<Transactions> {
    const transactions = new Transactions(client, transactionalId);
    await transactions.#cluster.connect();
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
    const producing = await translated('begin a transaction', () => this.#begin());
    const written = await translated('write to a transaction', async () => {
      const portions = await this.#parts(records);
      this.#isOpen = portions.length > 0 || offsets.length > 0;
      return both(this.#write(producing, portions), this.#writeOffsets(producing, group, offsets));
    });
    if (!this.#isOpen) return [];
    // An abort is not allowed after this, and would not help where it is unknown whether the commit arrived.
    this.#isOpen = false;
    try {
      await this.#end(producing, true);
    } catch (error) {
      if (isFenced(error)) throw translate(error, 'commit');
      throw new OutcomeUnknown(`Kafka did not confirm a commit of "${this.transactionalId}"`, { cause: error });
    }
    return written;
  }

  /** Aborts what is open, so that consumers need not wait for its timeout. */
  async close(): Promise<void> {
    const producing = this.#isOpen ? this.#producing : undefined;
    this.#isOpen = false;
    if (producing) await this.#end(producing, false).catch(() => undefined);
    await this.#cluster.disconnect().catch(() => undefined);
  }

  /** The first time it takes the producer id, which fences. */
  async #begin(): Promise<Producing> {
    this.#producing ??= await this.#untilReady(async () => {
      const { transactionalId } = this;
      const coordinator = await this.#coordinator('transaction', transactionalId);
      const transactionTimeout = this.#client.options.timing.transaction;
      const { producerId, producerEpoch } = await coordinator.initProducerId({ transactionalId, transactionTimeout });
      return { transactionalId, producerId, producerEpoch };
    });
    return this.#producing;
  }

  async #write(producing: Producing, portions: readonly (readonly Part[])[]): Promise<readonly Written[]> {
    const places = new Map(
      portions.flat().map(({ topic, partition }) => [`${topic}/${partition}`, { topic, partition }]),
    );
    if (places.size === 0) return [];
    const topics = byTopic([...places.values()]);
    await this.#untilReady(async () => {
      const coordinator = await this.#coordinator('transaction', this.transactionalId);
      await coordinator.addPartitionsToTxn({
        ...producing,
        topics: topics.map(({ topic, of }) => ({ topic, partitions: of.map(({ partition }) => partition) })),
      });
    });
    const written = new Map<string, Written>();
    for (const portion of portions) {
      for (const one of await this.#produce(producing, portion)) {
        const place = `${one.topic}/${one.partition}`;
        if (!written.has(place)) written.set(place, one);
      }
    }
    return [...written.values()];
  }

  /** To all leaders at once. */
  async #produce(producing: Producing, portion: readonly Part[]): Promise<readonly Written[]> {
    const { compression, timing } = this.#client.options;
    const codec = batchCodec(compression);
    const batches = await Promise.all(
      portion.map(async (part): Promise<PlacedBatch> => {
        const batch = await encodeBatch(part.records, producing, this.#take(part), Date.now(), codec);
        return { topic: part.topic, partition: part.partition, batch };
      }),
    );
    // What moved its leader is written again where others were written already: brokers know their sequence numbers.
    return this.#untilReady(async () => {
      const leaders = Map.groupBy(batches, ({ topic, partition }) => leaderOf(this.#cluster, topic, partition));
      const written = await Promise.all(
        [...leaders].map(async ([nodeId, own]) =>
          produce(await this.#cluster.findBroker({ nodeId }), producing, own, timing.request),
        ),
      );
      return written.flat();
    });
  }

  async #writeOffsets(producing: Producing, group: string, offsets: readonly OffsetToCommit[]): Promise<void> {
    if (offsets.length === 0) return;
    await this.#untilReady(async () => {
      const coordinator = await this.#coordinator('transaction', this.transactionalId);
      await coordinator.addOffsetsToTxn({ ...producing, groupId: group });
    });
    const topics = byTopic(offsets).map(({ topic, of }) => ({ topic, partitions: of }));
    // The same offsets twice in a transaction do no harm.
    await this.#untilReady(async () => {
      const coordinator = await this.#coordinator('group', group);
      await coordinator.txnOffsetCommit({ ...producing, groupId: group, topics });
    });
  }

  async #end(producing: Producing, transactionResult: boolean): Promise<void> {
    const coordinator = await this.#coordinator('transaction', this.transactionalId);
    await coordinator.endTxn({ ...producing, transactionResult });
  }

  #coordinator(kind: keyof typeof COORDINATORS, groupId: string): Promise<Broker> {
    const key = `${kind}/${groupId}`;
    let coordinator = this.#coordinators.get(key);
    if (!coordinator) {
      coordinator = this.#cluster.findGroupCoordinator({ groupId, coordinatorType: COORDINATORS[kind] });
      this.#coordinators.set(key, coordinator);
    }
    return coordinator;
  }

  /** Tries for a while what a broker refuses that starts or moves, or has not ended the transaction before. */
  async #untilReady<T>(work: () => Promise<T>): Promise<T> {
    const until = performance.now() + PATIENCE;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause + FIRST_PAUSE, LONGEST_PAUSE)) {
      try {
        return await work();
      } catch (error) {
        const isEarly = kafkaTypes(error).includes(NOT_ENDED_YET);
        if (!(isEarly || isPassing(error)) || performance.now() > until) throw error;
        await sleep(pause);
        if (isEarly) continue;
        this.#coordinators.clear();
        await this.#cluster.refreshMetadata();
      }
    }
  }

  async #parts(records: readonly OutgoingRecord[]): Promise<readonly (readonly Part[])[]> {
    const counts = new Map<string, number>();
    for (const { topic } of records) {
      if (!counts.has(topic)) counts.set(topic, await partitionsOf(this.#cluster, topic));
    }
    return placed(records, counts);
  }

  #take({ topic, partition, records }: Part): number {
    const place = `${topic}/${partition}`;
    const first = this.#sequences.get(place) ?? 0;
    const next = first + records.length;
    this.#sequences.set(place, next > MAX_SEQUENCE ? next - MAX_SEQUENCE - 1 : next);
    return first;
  }
}

/** Both to their ends: what is under way must not outlive the transaction. @throws what fenced, else the first failure */
async function both<T>(one: Promise<T>, other: Promise<unknown>): Promise<T> {
  const failures = (await Promise.allSettled([one, other])).flatMap((end) =>
    end.status === 'rejected' ? [end.reason as unknown] : [],
  );
  if (failures.length > 0) throw failures.find(isFenced) ?? failures[0];
  return one;
}
