/** Looking at topics that may not be there. */
import type { Log, PartitionExtent } from '../src/ports/log.js';

/** By partition; undefined for a topic that the log does not have. */
export async function topicExtents(log: Log, topic: string): Promise<readonly PartitionExtent[] | undefined> {
  try {
    return await log.extents(topic);
  } catch (error) {
    if (error instanceof Error && error.message.includes('does not exist')) return undefined;
    throw error;
  }
}
