/** The request that writes batches of a transaction to the partitions of one leader (Produce, version 7). */
import { byTopic } from './by-topic.js';
import {
  type Broker,
  type ProduceAnswer,
  type Producing,
  type ProtocolCall,
  ProtocolEncoder,
  produceResponse,
} from './internals.js';

const PRODUCE = { apiKey: 0, apiVersion: 7, apiName: 'Produce' };
const ALL_REPLICAS = -1;

/** A batch of record-batch.ts, and where it goes. */
export interface PlacedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}

/** The first offset written to a partition. */
export interface Written {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** @param timeoutMs of the replicas */
export async function produce(
  leader: Broker,
  { transactionalId }: Pick<Producing, 'transactionalId'>,
  batches: readonly PlacedBatch[],
  timeoutMs: number,
): Promise<readonly Written[]> {
  const encode = async (): Promise<ProtocolEncoder> => {
    const encoder = new ProtocolEncoder(batches.reduce((sum, { batch }) => sum + batch.length, 1024));
    encoder.writeString(transactionalId).writeInt16(ALL_REPLICAS).writeInt32(timeoutMs);
    const topics = byTopic(batches);
    encoder.writeInt32(topics.length);
    for (const { topic, of } of topics) {
      encoder.writeString(topic).writeInt32(of.length);
      for (const { partition, batch } of of) {
        encoder.writeInt32(partition).writeInt32(batch.length).writeBuffer(batch);
      }
    }
    return encoder;
  };
  const call: ProtocolCall<ProduceAnswer> = {
    request: { ...PRODUCE, expectResponse: () => true, encode },
    response: produceResponse,
  };
  const { topics } = await leader.connectionPool.send(call);
  return topics.flatMap(({ topicName, partitions }) =>
    partitions.map(({ partition, baseOffset }) => ({ topic: topicName, partition, offset: Number(baseOffset) })),
  );
}
