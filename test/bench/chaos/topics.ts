/** A run's topics from outside, by plain kafkajs: made, read back whole, and how far the group has come. */
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { CATALOGUE_PARTITIONS, PARTITIONS, type World } from './world.js';

export interface Read {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** The last record of every partition: a reader that saw it has seen all before it. */
const END_MARK = Buffer.from('the end of the run');

export async function makeTopics(admin: Admin, { topics }: World): Promise<void> {
  const of = (topic: string, numPartitions: number) => ({ topic, numPartitions, replicationFactor: 1 });
  await admin.createTopics({
    waitForLeaders: true,
    topics: [
      of(topics.interactions, PARTITIONS),
      of(topics.profiles, PARTITIONS),
      of(topics.catalogue, CATALOGUE_PARTITIONS),
      // As many as the inputs: a partition of lists has one writer at a time. kafkajs, which the judge reads with,
      // confuses the bounds of aborted transactions of several writers.
      of(topics.recommendations, PARTITIONS),
      of(topics.deadLetters, PARTITIONS),
    ],
  });
}

/** Next offset of every partition. */
export async function endsOf(admin: Admin, topic: string): Promise<readonly number[]> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.sort((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
}

/** Whether the group's committed offsets are at the ends of both input topics. */
export async function isCaughtUp(admin: Admin, groupId: string, topics: World['topics']): Promise<boolean> {
  for (const topic of [topics.interactions, topics.profiles]) {
    const ends = await endsOf(admin, topic);
    const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const isBehind = committed?.partitions.some(({ partition, offset }) => Number(offset) < (ends[partition] ?? 0));
    if (isBehind ?? true) return false;
  }
  return true;
}

/** Every record of every partition that a consumer which reads committed sees, in the order of each partition. */
export async function readAll(
  kafka: Kafka,
  partitions: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, readonly Read[]>> {
  await writeEndMarks(kafka, partitions);
  const records = new Map<string, Read[]>([...partitions.keys()].map((topic) => [topic, []]));
  const open = new Set(
    [...partitions].flatMap(([topic, count]) => Array.from({ length: count }, (_, p) => `${topic} ${p}`)),
  );
  const ended = Promise.withResolvers<undefined>();
  const consumer = kafka.consumer({ groupId: `judge-${crypto.randomUUID()}`, readUncommitted: false });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [...partitions.keys()], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ topic, partition, message: { offset, timestamp, key, value } }) => {
        if (key?.equals(END_MARK) === true) open.delete(`${topic} ${partition}`);
        else
          records
            .get(topic)
            ?.push({ topic, partition, offset: Number(offset), timestamp: Number(timestamp), key, value });
        if (open.size === 0) ended.resolve(undefined);
      },
    });
    await ended.promise;
  } finally {
    await consumer.disconnect();
  }
  return records;
}

async function writeEndMarks(kafka: Kafka, partitions: ReadonlyMap<string, number>): Promise<void> {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    for (const [topic, count] of partitions) {
      const messages = Array.from({ length: count }, (_, partition) => ({ partition, key: END_MARK, value: null }));
      await producer.send({ topic, messages });
    }
  } finally {
    await producer.disconnect();
  }
}
