/**
 * Topics as whoever runs the cluster sees them: to set them up, to check them, and to see that nobody works on them. The
 * stream itself needs none of this. Every method may throw Unavailable.
 */

export interface TopicFacts {
  readonly partitions: number;
  /** Of the partition that has the fewest; undefined where there is no such thing. */
  readonly replicas: number | undefined;
  /** By Kafka's names, as `retention.ms`; those that are not there have no meaning for this log. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface NewTopic {
  readonly topic: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** The cluster will not have such a topic. */
export class TopicRefused extends Error {
  override readonly name = 'TopicRefused';
}

export interface TopicAdmin {
  /** Those that exist. */
  describe(topics: readonly string[]): Promise<ReadonlyMap<string, TopicFacts>>;
  /** @throws TopicRefused */
  create(topic: NewTopic): Promise<void>;
  brokers(): Promise<number>;
  /** Members of a consumer group now; 0 for a group that does not exist. */
  members(group: string): Promise<number>;
  /** The topic, besides the configured ones, in which a group keeps what belongs to its tasks. */
  internalTopic(group: string): string | undefined;
  close(): Promise<void>;
}
