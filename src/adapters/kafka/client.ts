/** kafkajs as this adapter uses it: one configuration, for its public client and for what lies below. */
import kafkajs, { type Admin, type Kafka, type KafkaConfig, type logCreator, type Producer } from 'kafkajs';
import type { Logger } from '../../ops/logger.js';
import { Unavailable } from '../../ports/errors.js';
import { registerCodecs } from './compression.js';
import {
  type Cluster,
  createKafkajsLogger,
  createSocketFactory,
  KafkaCluster,
  type KafkajsLogger,
} from './internals.js';
import type { KafkaOptions } from './options.js';
import { byMurmur2 } from './partitioner.js';

const { logLevel } = kafkajs;

const READ_COMMITTED = 1;
/**
 * kafkajs waits 300 ms before its first repetition. What fails for longer than this pauses the task, which has its own
 * backoff.
 */
const RETRY = { initialRetryTime: 5, factor: 0.2, multiplier: 2, maxRetryTime: 500, retries: 9 };

/** A cluster that is not reached within this is unavailable, ms. */
const CONNECTION_TIMEOUT = 3000;

export class KafkaClient {
  readonly logger: KafkajsLogger;
  readonly #kafka: Kafka;
  readonly #config: KafkaConfig;

  constructor(readonly options: KafkaOptions) {
    registerCodecs();
    const creator = logsTo(options.logger);
    this.#config = configOf(options);
    this.#kafka = new kafkajs.Kafka({ ...this.#config, logLevel: logLevel.WARN, logCreator: creator });
    this.logger = createKafkajsLogger({ level: logLevel.WARN, logCreator: creator });
  }

  admin(): Admin {
    return this.#kafka.admin();
  }

  /** Places records as Kafka's Java client does. */
  producer(): Producer {
    return this.#kafka.producer({
      createPartitioner: byMurmur2,
      allowAutoTopicCreation: false,
      metadataMaxAge: this.options.timing.metadata,
      retry: RETRY,
    });
  }

  /** Connections of its own, which see what is committed. */
  cluster(): Cluster {
    return new KafkaCluster({
      ...(this.#config as Pick<KafkaConfig, 'brokers' | 'ssl' | 'sasl' | 'clientId' | 'retry'>),
      logger: this.logger,
      socketFactory: createSocketFactory(),
      connectionTimeout: CONNECTION_TIMEOUT,
      authenticationTimeout: 10_000,
      reauthenticationThreshold: 10_000,
      requestTimeout: this.options.timing.request,
      enforceRequestTimeout: true,
      metadataMaxAge: this.options.timing.metadata,
      allowAutoTopicCreation: false,
      maxInFlightRequests: null,
      isolationLevel: READ_COMMITTED,
    });
  }
}

function configOf({ brokers, clientId, tls, sasl, timing }: KafkaOptions): KafkaConfig {
  return {
    brokers: [...brokers],
    clientId,
    connectionTimeout: CONNECTION_TIMEOUT,
    requestTimeout: timing.request,
    enforceRequestTimeout: true,
    retry: RETRY,
    ...(tls && { ssl: { ...tls } }),
    ...(sasl?.mechanism === 'oauthbearer' && {
      sasl: { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await tokenFrom(sasl.token) }) },
    }),
    ...(sasl && sasl.mechanism !== 'oauthbearer' && { sasl: { ...sasl } as NonNullable<KafkaConfig['sasl']> }),
  };
}

async function tokenFrom(provider: () => Promise<string>): Promise<string> {
  try {
    return await provider();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Unavailable(`no token to authenticate to Kafka with: ${reason}`, { cause: error });
  }
}

/** What kafkajs says is for debugging: what it means for us is said by whoever called it. */
function logsTo(logger: Logger): logCreator {
  return () =>
    ({ namespace, label, log }) => {
      logger.debug(log.message, { from: `kafkajs/${namespace}`, kafkajsLevel: label });
    };
}
