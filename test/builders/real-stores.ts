/** The topics of a test file on a Kafka and a Redis that are real: their partitions are tasks that know nothing of each other. */
import { Redis } from 'ioredis';
import { afterAll } from 'vitest';
import { KafkaLog } from '../../src/adapters/kafka/kafka-log.js';
import { sentinelTopic } from '../../src/adapters/kafka/offsets.js';
import { DEFAULT_KAFKA_TIMING, type KafkaOptions } from '../../src/adapters/kafka/options.js';
import { SILENT } from '../../src/ops/logger.js';
import type { Task } from '../../src/ports/log.js';
import type { StreamSettings } from '../../src/stream/settings.js';
import { uniqueName } from '../services/use.js';
import { TEST_SETTINGS } from './stream.js';

export class RealStores {
  #taken = 0;

  private constructor(
    readonly kafka: KafkaOptions,
    readonly redisUrl: string,
    readonly settings: StreamSettings,
    readonly partitions: number,
    readonly log: KafkaLog,
    readonly redis: Redis,
  ) {}

  /** To be called at the top of a file: connections end with it. */
  static async prepare(brokers: string, redisUrl: string, partitions: number): Promise<RealStores> {
    const timing = { ...DEFAULT_KAFKA_TIMING, heartbeat: 100 };
    const kafka: KafkaOptions = { brokers: [brokers], clientId: 'test', compression: 'none', timing, logger: SILENT };
    const group = uniqueName('delivery');
    const topics = {
      interactions: `${group}-interactions`,
      profiles: `${group}-profiles`,
      catalogue: `${group}-catalogue`,
      recommendations: `${group}-recommendations`,
      deadLetters: `${group}-dead-letters`,
    };
    const log = new KafkaLog(kafka);
    const redis = new Redis(redisUrl);
    afterAll(async () => {
      redis.disconnect();
      await log.close();
    });
    for (const topic of [topics.interactions, topics.profiles, topics.recommendations, sentinelTopic(group)]) {
      await log.ensureTopic(topic, partitions);
    }
    return new RealStores(kafka, redisUrl, { ...TEST_SETTINGS, topics, group }, partitions, log, redis);
  }

  /** A task in which nothing has happened, and nobody else looks at. */
  takeTask(): Task {
    const partition = this.#taken;
    this.#taken += 1;
    if (partition >= this.partitions) throw new Error(`there are ${this.partitions} tasks only: prepare more`);
    return { partition };
  }
}
