/**
 * The service under test as a process of its own: the real parts, and a driver that tells it where to die. It loads
 * everything at once, then waits to be started, so that a replacement is there within milliseconds.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { FolderCheckpointStore } from '../../../src/adapters/checkpoints/folder-checkpoint-store.js';
import { KafkaLog } from '../../../src/adapters/kafka/kafka-log.js';
import { createOnnxEngine } from '../../../src/adapters/onnx/onnx-engine.js';
import { RedisStateStore } from '../../../src/adapters/redis/redis-state-store.js';
import { parseRedisUrl } from '../../../src/adapters/redis/redis-url.js';
import { SINGLE_OBJECT } from '../../../src/events/wire-format.js';
import { createLogger, type LogFields, type Logger } from '../../../src/ops/logger.js';
import type { Task } from '../../../src/ports/log.js';
import { ServingModel } from '../../../src/recommend/serving-model.js';
import { CatalogueView } from '../../../src/stream/catalogue-view.js';
import { Processor } from '../../../src/stream/processor.js';
import type { StepName } from '../../../src/stream/steps.js';
import type { Appointment, FromInstance, InstanceConfig, Look, ToInstance } from './messages.js';
import { CHECKPOINT_POLL_MS, KAFKA_TIMING, RECOMMEND_SETTINGS, REDIS_TIMEOUT_MS, settingsOf } from './world.js';

let appointment: Appointment | undefined;
let look: Look = { id: 0, step: 'stored' };
/** Partitions that were told of for this look. */
let told = new Set<number>();
let processor: Processor | undefined;
/** SIGTERM may come before there is anything to end. */
const ending = new AbortController();

/** Resolves once the message has left this process. */
function tell(message: FromInstance): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
    else resolve();
  });
}

async function onStep(step: StepName, { partition }: Task): Promise<void> {
  if (step === look.step && !told.has(partition)) {
    told.add(partition);
    void tell({ kind: 'progress', look: look.id, partition });
  }
  if (appointment?.step !== step) return;
  const { then } = appointment;
  appointment = undefined;
  await tell({ kind: 'reached', step, partition });
  process.kill(process.pid, then === 'die' ? 'SIGKILL' : 'SIGSTOP');
}

/** In a run nothing may happen that the service calls an error: each is told. */
function loggerThatTells(): Logger {
  const logger = createLogger('info');
  const error = (message: string, fields: LogFields = {}): void => {
    logger.error(message, fields);
    const { error: cause, ...rest } = fields;
    const why = cause instanceof Error ? (cause.stack ?? cause.message) : JSON.stringify(cause ?? '');
    void tell({ kind: 'trouble', message: `${message} ${JSON.stringify(rest)} ${why}` });
  };
  return { ...logger, error };
}

async function run(config: InstanceConfig): Promise<void> {
  const { brokers, redisUrl, world } = config;
  ({ look, appointment } = config);
  const logger = loggerThatTells();
  const settings = settingsOf(world);
  const log = new KafkaLog({
    brokers: [brokers],
    clientId: `chaos-${process.pid}`,
    compression: 'none',
    timing: KAFKA_TIMING,
    logger,
  });
  const redis = { ...parseRedisUrl(redisUrl), timeoutMs: REDIS_TIMEOUT_MS };
  const store = RedisStateStore.open({ redis, namespace: world.group, logger });
  const catalogue = new CatalogueView(log, settings.topics.catalogue, logger, SINGLE_OBJECT);
  const model = new ServingModel({
    engine,
    store: new FolderCheckpointStore(config.checkpoints),
    catalogue,
    settings: RECOMMEND_SETTINGS,
    onSwap: ({ id }) => logger.info('checkpoint serves', { checkpoint: id }),
    onRefusal: ({ reason }) => logger.error('checkpoint refused', { reason }),
  });
  await model.refresh();
  processor = new Processor({
    log,
    store,
    catalogue,
    recommender: model,
    settings,
    wire: SINGLE_OBJECT,
    logger,
    onStep,
    onFault: fail,
  });
  void followCheckpoints(model, ending.signal);
  const starting = processor.start();
  starting.catch(fail);
  if (!ending.signal.aborted) await once(ending.signal, 'abort');
  await processor.close();
  await model.close();
  await store.close();
  await log.close();
  process.disconnect();
}

async function followCheckpoints(model: ServingModel, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(CHECKPOINT_POLL_MS, undefined, { signal }).catch(() => undefined);
    await model.refresh().catch(fail);
  }
}

function fail(error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  void tell({ kind: 'trouble', message: `fault: ${message}` }).then(() => process.exit(1));
}

function onMessage(message: ToInstance): void {
  switch (message.kind) {
    case 'start':
      run(message.config).catch(fail);
      return;
    case 'appointment':
      ({ appointment } = message);
      return;
    case 'look':
      ({ look } = message);
      told = new Set();
      return;
    case 'status':
      void tell({ kind: 'status', text: JSON.stringify(processor?.status()) });
  }
}

process.on('SIGTERM', () => ending.abort());
process.on('message', onMessage);
// Nobody is there to tell it what to do.
process.on('disconnect', () => process.exit(0));
/** Room for a few users, so that what is kept comes and goes; lists are compared with those of another engine. */
const engine = createOnnxEngine({ provider: 'cpu', threads: 1, cacheBytes: 2 ** 18, queue: 1000 });
await tell({ kind: 'loaded' });
