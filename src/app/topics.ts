import type { Config } from '../config.js';
import { TopicMissing } from '../ports/errors.js';
import type { Log } from '../ports/log.js';

/**
 * Makes the topics that are missing, with `partitions` each; those that exist stay as they are. The two input topics
 * are made alike.
 */
export async function ensureTopics(
  log: Pick<Log, 'ensureTopic' | 'extents'>,
  topics: Config['topics'],
  partitions: number,
): Promise<void> {
  const existing = await Promise.all([topics.interactions, topics.profiles].map((topic) => partitionsOf(log, topic)));
  const ofInputs = existing.find((count) => count !== undefined) ?? partitions;
  for (const topic of Object.values(topics)) {
    if ((await partitionsOf(log, topic)) !== undefined) continue;
    const isInput = topic === topics.interactions || topic === topics.profiles;
    await log.ensureTopic(topic, isInput ? ofInputs : partitions);
  }
}

async function partitionsOf(log: Pick<Log, 'extents'>, topic: string): Promise<number | undefined> {
  try {
    return (await log.extents(topic)).length;
  } catch (error) {
    if (error instanceof TopicMissing) return undefined;
    throw error;
  }
}
