/** Topics of a Kafka cluster, through kafkajs's admin client. */
import kafkajs, { type Admin } from 'kafkajs';
import { type NewTopic, type TopicAdmin, type TopicFacts, TopicRefused } from '../../ports/topic-admin.js';
import { KafkaClient } from './client.js';
import { kafkaTypes, patiently, translated } from './errors.js';
import { sentinelTopic } from './offsets.js';
import type { KafkaOptions } from './options.js';

const { ConfigResourceTypes } = kafkajs;

/** What no repetition changes. */
const REFUSALS = [
  'INVALID_REPLICATION_FACTOR',
  'INVALID_PARTITIONS',
  'INVALID_CONFIG',
  'INVALID_TOPIC_EXCEPTION',
  'POLICY_VIOLATION',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
];

export class KafkaTopicAdmin implements TopicAdmin {
  readonly #client: KafkaClient;
  #connected: Promise<Admin> | undefined;

  /** Connects at the first call. */
  constructor(options: KafkaOptions) {
    this.#client = new KafkaClient(options);
  }

  async describe(topics: readonly string[]): Promise<ReadonlyMap<string, TopicFacts>> {
    return this.#ask('describe topics', async (admin) => {
      const all = new Set(await admin.listTopics());
      const present = topics.filter((topic) => all.has(topic));
      if (present.length === 0) return new Map();
      const metadata = await admin.fetchTopicMetadata({ topics: present });
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: present.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
      });
      const settings = new Map(resources.map(({ resourceName, configEntries }) => [resourceName, configEntries]));
      return new Map(
        metadata.topics.map(({ name, partitions }): [string, TopicFacts] => {
          const entries = (settings.get(name) ?? []).map(
            ({ configName, configValue }) => [configName, configValue] as const,
          );
          const replicas = Math.min(...partitions.map((partition) => partition.replicas.length));
          return [name, { partitions: partitions.length, replicas, settings: Object.fromEntries<string>(entries) }];
        }),
      );
    });
  }

  async create({ topic, partitions, replicas, settings }: NewTopic): Promise<void> {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    const spec = { topic, numPartitions: partitions, replicationFactor: replicas, configEntries };
    await this.#ask(`make topic "${topic}"`, async (admin) => {
      try {
        // kafkajs's own wait fails at once where a broker does not know the topic yet.
        await admin.createTopics({ topics: [spec], waitForLeaders: false });
        await patiently(`find topic "${topic}"`, () => admin.fetchTopicMetadata({ topics: [topic] }));
      } catch (error) {
        const refused = refusal(error);
        if (refused === undefined) throw error;
        throw new TopicRefused(
          `Kafka refuses topic "${topic}" with ${partitions} partitions, ${replicas} replicas and ` +
            `${JSON.stringify(settings)}: ${refused}`,
          { cause: error },
        );
      }
    });
  }

  async brokers(): Promise<number> {
    return this.#ask('describe the cluster', async (admin) => (await admin.describeCluster()).brokers.length);
  }

  async members(group: string): Promise<number> {
    return this.#ask(`describe group "${group}"`, async (admin) => {
      const { groups } = await admin.describeGroups([group]).catch((error: unknown) => {
        // What newer brokers say of a group that has only offsets, or nothing.
        if (kafkaTypes(error).includes('GROUP_ID_NOT_FOUND')) return { groups: [] };
        throw error;
      });
      return groups.reduce((sum, { members }) => sum + members.length, 0);
    });
  }

  internalTopic(group: string): string {
    return sentinelTopic(group);
  }

  async close(): Promise<void> {
    const admin = await this.#connected?.catch(() => undefined);
    await admin?.disconnect();
  }

  #ask<T>(doing: string, work: (admin: Admin) => Promise<T>): Promise<T> {
    return translated(doing, async () => {
      this.#connected ??= connected(this.#client.admin());
      return work(await this.#connected);
    });
  }
}

async function connected(admin: Admin): Promise<Admin> {
  await admin.connect();
  return admin;
}

/** kafkajs packs the errors of topics into one that has no type. */
function refusal(error: unknown): string | undefined {
  const inside = error instanceof Error && 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  return [error, ...(inside as unknown[])].flatMap(kafkaTypes).find((type) => REFUSALS.includes(type));
}
