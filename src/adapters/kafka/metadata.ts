/** Where partitions lie, and the bounds of what can be read of them. */
import { TopicMissing, Unavailable } from '../../ports/errors.js';
import type { PartitionExtent } from '../../ports/log.js';
import { kafkaTypes } from './errors.js';
import type { Cluster } from './internals.js';

const MISSING = ['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION'];

/** Makes the cluster know the topic. @throws TopicMissing */
export async function know(cluster: Cluster, topic: string): Promise<void> {
  const isNew = !cluster.targetTopics.has(topic);
  try {
    await cluster.addMultipleTargetTopics([topic]);
    await cluster.refreshMetadataIfNecessary();
  } catch (error) {
    if (isMissing(error)) return knowOnly(cluster, topic);
    // Or kafkajs asks for it ever after, whether it exists or not.
    if (isNew) cluster.targetTopics.delete(topic);
    throw error;
  }
}

/**
 * kafkajs asks for all topics that it was ever told of. Where one is missing, that fails for all of them, and does not
 * say which: so this one is asked for alone, and the others are forgotten until they are needed again.
 */
async function knowOnly(cluster: Cluster, topic: string): Promise<void> {
  cluster.targetTopics.clear();
  try {
    await cluster.brokerPool.refreshMetadata([topic]);
  } catch (error) {
    throw isMissing(error) ? new TopicMissing(topic) : error;
  }
  cluster.targetTopics.add(topic);
}

function isMissing(error: unknown): boolean {
  return kafkaTypes(error).some((type) => MISSING.includes(type));
}

export async function partitionsOf(cluster: Cluster, topic: string): Promise<number> {
  await know(cluster, topic);
  return cluster.findTopicPartitionMetadata(topic).length;
}

/** The node that leads a partition. @throws Unavailable when none does now */
export function leaderOf(cluster: Cluster, topic: string, partition: number): number {
  const found = cluster.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition);
  if (!found) throw new Error(`topic "${topic}" has no partition ${partition}`);
  if (found.leader < 0) throw new Unavailable(`partition ${partition} of "${topic}" has no leader now`);
  return found.leader;
}

export async function extentsOf(cluster: Cluster, topic: string): Promise<readonly PartitionExtent[]> {
  const [firsts, ends] = await Promise.all([boundsOf(cluster, topic, 'first'), boundsOf(cluster, topic, 'end')]);
  return firsts.map((first, partition) => ({ first, end: ends[partition] ?? first }));
}

/** By partition. `end` is the end of what is decided, so that nothing below it can still appear. */
export async function boundsOf(cluster: Cluster, topic: string, bound: 'first' | 'end'): Promise<readonly number[]> {
  const count = await partitionsOf(cluster, topic);
  const partitions = Array.from({ length: count }, (_, partition) => ({ partition }));
  const [found] = await cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning: bound === 'first' }]);
  const offsets = new Map(found?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  return partitions.map(({ partition }) => {
    const offset = offsets.get(partition);
    if (offset !== undefined) return offset;
    throw new Unavailable(`the offsets of partition ${partition} of "${topic}" cannot be looked up now`);
  });
}
