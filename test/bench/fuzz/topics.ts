/** The topics of a run: inputs that take nearly everything, outputs as a broker has them by itself. */
import type { Admin } from 'kafkajs';
import type { StreamTopics } from '../../../src/stream/settings.js';
import { PARTITIONS } from './fuzzed.js';

const MOST = '9223372036854775807';
/** Wild timestamps would have the broker delete records, refuse them, or begin a file for each. */
const TAKES_ALL = {
  'max.message.bytes': String(64 * 1024 * 1024),
  'message.timestamp.before.max.ms': MOST,
  'message.timestamp.after.max.ms': MOST,
  'retention.ms': '-1',
  'segment.ms': MOST,
};

export async function makeTopics(admin: Admin, topics: StreamTopics): Promise<void> {
  const of = (topic: string, numPartitions: number, settings: Readonly<Record<string, string>> = {}) => ({
    topic,
    numPartitions,
    replicationFactor: 1,
    configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
  });
  await admin.createTopics({
    waitForLeaders: true,
    topics: [
      of(topics.interactions, PARTITIONS, TAKES_ALL),
      of(topics.profiles, PARTITIONS, TAKES_ALL),
      of(topics.catalogue, 1),
      of(topics.recommendations, PARTITIONS),
      of(topics.deadLetters, PARTITIONS),
    ],
  });
}
