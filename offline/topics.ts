/** Looking at topics that may not be there. */
import { TopicMissing } from '../src/ports/errors.js';
import type { Log, PartitionExtent } from '../src/ports/log.js';

/** By partition; undefined for a topic that the log does not have. */
export async function topicExtents(log: Log, topic: string): Promise<readonly PartitionExtent[] | undefined> {
  try {
    return await log.extents(topic);
  } catch (error) {
    if (error instanceof TopicMissing) return undefined;
    throw error;
  }
}
