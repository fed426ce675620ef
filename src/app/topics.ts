import type { Config } from '../config.js';
import { StartRefused, TopicMissing } from '../ports/errors.js';
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

/**
 * Where topics are somebody's deliberate act, as on Kafka, they are looked at and not made.
 * @throws StartRefused that names everything that is missing or does not fit
 */
export async function requireTopics(log: Pick<Log, 'extents'>, topics: Config['topics']): Promise<void> {
  const names = Object.values(topics);
  const found = await Promise.all(names.map((topic) => partitionsOf(log, topic)));
  const missing = names.filter((_, index) => found[index] === undefined);
  if (missing.length > 0) {
    throw new StartRefused(
      `${missing.map((topic) => `"${topic}"`).join(', ')} ${missing.length === 1 ? 'does' : 'do'} not exist: ` +
        '`npm run topics -- create` makes the topics with the settings that they need',
    );
  }
  const [interactions, profiles] = [topics.interactions, topics.profiles].map((topic) => found[names.indexOf(topic)]);
  if (interactions === profiles) return;
  throw new StartRefused(
    `"${topics.interactions}" has ${interactions} partitions and "${topics.profiles}" ${profiles}: a user must lie on ` +
      'the same partition of both (`npm run topics -- verify` says more)',
  );
}

async function partitionsOf(log: Pick<Log, 'extents'>, topic: string): Promise<number | undefined> {
  try {
    return (await log.extents(topic)).length;
  } catch (error) {
    if (error instanceof TopicMissing) return undefined;
    throw error;
  }
}
