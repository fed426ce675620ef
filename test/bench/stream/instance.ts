/** One service process of the stream bench: the real loop on Kafka and Redis. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaLog } from '../../../src/adapters/kafka/kafka-log.js';
import { DEFAULT_KAFKA_TIMING } from '../../../src/adapters/kafka/options.js';
import { RedisStateStore } from '../../../src/adapters/redis/redis-state-store.js';
import { parseRedisUrl } from '../../../src/adapters/redis/redis-url.js';
import { SINGLE_OBJECT } from '../../../src/events/wire-format.js';
import { createLogger } from '../../../src/ops/logger.js';
import { CatalogueView } from '../../../src/stream/catalogue-view.js';
import { Processor } from '../../../src/stream/processor.js';
import { DEFAULT_STREAM_SETTINGS } from '../../../src/stream/settings.js';
import { type Place, reportTo, topicsOf } from './plan.js';
import { Threads } from './profiles.js';
import { openRecommender } from './recommenders.js';

const { brokers, redis, run, batch, engine, profiles } = JSON.parse(process.argv[2] ?? '') as Place;

const READY_POLL_MS = 20;
const logger = createLogger('warn');
const threads = new Threads();
let endProfiles: () => Promise<void> = async () => undefined;
const topics = topicsOf(run);
const log = new KafkaLog({
  brokers: [brokers],
  clientId: 'bench',
  compression: 'none',
  timing: DEFAULT_KAFKA_TIMING,
  logger,
});
const store = RedisStateStore.open({ redis: parseRedisUrl(redis), namespace: run, logger });
const processor = new Processor({
  log,
  store,
  wire: SINGLE_OBJECT,
  catalogue: new CatalogueView(log, topics.catalogue, logger, SINGLE_OBJECT),
  recommender: await openRecommender(engine),
  settings: { ...DEFAULT_STREAM_SETTINGS, topics, group: run, start: 'latest', batchSize: batch },
  logger,
  onFault: (error) => {
    throw error;
  },
});
const parent = reportTo(process, async () => {
  await endProfiles();
  await processor.close();
  await Promise.all([log.close(), store.close()]);
});
await processor.start();
while (!processor.status().ready) await sleep(READY_POLL_MS);
if (profiles !== undefined) endProfiles = await threads.profile(profiles);
parent.working();
