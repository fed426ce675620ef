/**
 * The ceiling: an ordinary kafkajs consumer that writes, for every record, a list of the same bytes as the service's, in
 * transactions of the same size and with the same offsets, and does nothing else: it looks into no event, and every list is
 * the same buffer.
 */
import kafkajs, { type Producer } from 'kafkajs';
import { SINGLE_OBJECT } from '../../../src/events/wire-format.js';
import { emptyState } from '../../../src/state/user-state.js';
import { constantList } from './constant-recommender.js';
import { type Place, reportTo, topicsOf } from './plan.js';

const { brokers, run, partitions, batch } = JSON.parse(process.argv[2] ?? '') as Place;

const topics = topicsOf(run);
const groupId = `${run}.raw`;
const retry = { initialRetryTime: 5, maxRetryTime: 500, retries: 20 };
const kafka = new kafkajs.Kafka({ brokers: [brokers], retry, logLevel: kafkajs.logLevel.NOTHING });
const encoder = await SINGLE_OBJECT.encoder('recommendation-list', topics.recommendations);
const list = encoder.encode(
  constantList({
    state: emptyState('user-1000'),
    source: { topic: topics.interactions, partition: 1, offset: 12_345 },
    trigger: 'interaction',
    profile: null,
    now: Date.now(),
  }),
);

const producers = new Map<number, Promise<Producer>>();
function producerOf(partition: number): Promise<Producer> {
  let producer = producers.get(partition);
  if (!producer) {
    const made = kafka.producer({
      transactionalId: `${groupId}-${partition}`,
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    producer = made.connect().then(() => made);
    producers.set(partition, producer);
  }
  return producer;
}

const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
const parent = reportTo(process, () => consumer.disconnect());
await consumer.connect();
await consumer.subscribe({ topics: [topics.interactions], fromBeginning: true });
consumer.on(consumer.events.GROUP_JOIN, () => {
  parent.working();
});
await consumer.run({
  autoCommit: false,
  eachBatchAutoResolve: false,
  partitionsConsumedConcurrently: partitions,
  eachBatch: async ({ batch: { messages, partition }, resolveOffset, heartbeat }) => {
    const producer = await producerOf(partition);
    for (let from = 0; from < messages.length; from += batch) {
      const part = messages.slice(from, from + batch);
      const next = String(Number(part.at(-1)?.offset) + 1);
      const transaction = await producer.transaction();
      await transaction.send({
        topic: topics.recommendations,
        messages: part.map(({ key }) => ({ key, value: list })),
      });
      const offsets = [
        { topic: topics.interactions, partitions: [{ partition, offset: next }] },
        { topic: topics.profiles, partitions: [{ partition, offset: '0' }] },
      ];
      await transaction.sendOffsets({ consumerGroupId: groupId, topics: offsets });
      await transaction.commit();
      resolveOffset(part.at(-1)?.offset ?? '0');
      await heartbeat();
    }
  },
});
