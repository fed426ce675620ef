/** Places records as Kafka's Java client does: by murmur2 of the key. */
import kafkajs, { type ICustomPartitioner } from 'kafkajs';
import { partitionOf } from '../../events/murmur2.js';

/**
 * kafkajs computes the same hash with integers that grow along the key: 100 KB take seconds, 1 MiB hours, and all that
 * time nothing else runs. A dead letter has its source's key, which is anyone's.
 */
export const byMurmur2: ICustomPartitioner = () => {
  const otherwise = kafkajs.Partitioners.DefaultPartitioner();
  return (given) => {
    const { key, partition } = given.message;
    if (partition !== undefined || !Buffer.isBuffer(key)) return otherwise(given);
    return partitionOf(key, given.partitionMetadata.length);
  };
};
