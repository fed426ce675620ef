/** Topics of the embedded log: they have partitions, and nothing to set. */
import { TopicMissing } from '../../ports/errors.js';
import type { Log } from '../../ports/log.js';
import type { TopicAdmin, TopicFacts } from '../../ports/topic-admin.js';

export function embeddedTopics(log: Log): TopicAdmin {
  const partitionsOf = async (topic: string): Promise<number | undefined> => {
    try {
      return (await log.extents(topic)).length;
    } catch (error) {
      if (error instanceof TopicMissing) return undefined;
      throw error;
    }
  };
  return {
    describe: async (topics) => {
      const found = new Map<string, TopicFacts>();
      for (const topic of topics) {
        const partitions = await partitionsOf(topic);
        if (partitions !== undefined) found.set(topic, { partitions, replicas: undefined, settings: {} });
      }
      return found;
    },
    create: ({ topic, partitions }) => log.ensureTopic(topic, partitions),
    brokers: async () => 1,
    // Its groups are leases, which say nothing of members: whoever takes a task over fences them.
    members: async () => 0,
    internalTopic: () => undefined,
    close: async () => undefined,
  };
}
