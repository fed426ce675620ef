/** Topics as an ordinary kafkajs consumer sees them that reads committed. */
import kafkajs, { type Kafka } from 'kafkajs';
import { PARTITIONS } from './fuzzed.js';

/** The last record of every partition: a reader that saw it has seen all before it. */
const END_MARK = Buffer.from('the end of the run');

interface Read {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Every record that a consumer which reads committed sees, each partition in its order. */
export async function readAll(kafka: Kafka, topics: readonly string[], take: (record: Read) => void): Promise<void> {
  await writeEndMarks(kafka, topics);
  const open = new Set(topics.flatMap((topic) => Array.from({ length: PARTITIONS }, (_, p) => `${topic} ${p}`)));
  const ended = Promise.withResolvers<undefined>();
  const consumer = kafka.consumer({ groupId: `account-${crypto.randomUUID()}`, maxWaitTimeInMs: 100 });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    ended.reject(payload.error);
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { topic, partition, messages } }) => {
        for (const { offset, timestamp, key, value } of messages) {
          if (key?.equals(END_MARK) === true) open.delete(`${topic} ${partition}`);
          else take({ topic, partition, offset: Number(offset), timestamp, key, value });
        }
        if (open.size === 0) ended.resolve(undefined);
      },
    });
    await ended.promise;
  } finally {
    await consumer.disconnect();
  }
}

async function writeEndMarks(kafka: Kafka, topics: readonly string[]): Promise<void> {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    for (const topic of topics) {
      const messages = Array.from({ length: PARTITIONS }, (_, partition) => ({
        partition,
        key: END_MARK,
        value: null,
      }));
      await producer.send({ topic, messages });
    }
  } finally {
    await producer.disconnect();
  }
}
