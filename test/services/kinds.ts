/** The kinds of server that tests and development use. */
import { KAFKA_VERSION } from './kafka-properties.js';

export const KINDS = ['kafka', 'redis', 'registry', 's3'] as const;
export type Kind = (typeof KINDS)[number];

export interface Provided {
  /** `host:port` of Kafka, a URL of the others. */
  readonly address: string;
  readonly from: 'environment' | 'docker' | 'process';
  stop(): Promise<void>;
}

interface Ways {
  /** The variable that names a server which runs already. */
  readonly variable: string;
  /** How the service is told to use it. */
  readonly settings: (address: string) => string;
  readonly example: string;
  readonly image: string;
  /** What a local process needs. */
  readonly needs: string;
}

const JAVA = 'Java 17 or later, and Maven (Debian: default-jre-headless, maven)';

/** Each way to have one. */
export const WAYS: Readonly<Record<Kind, Ways>> = {
  kafka: {
    variable: 'STEERSTREAM_TEST_KAFKA',
    settings: (address) => `STEERSTREAM_LOG=kafka STEERSTREAM_KAFKA_BROKERS=${address}`,
    example: '127.0.0.1:9092',
    image: `apache/kafka:${KAFKA_VERSION}`,
    needs: JAVA,
  },
  redis: {
    variable: 'STEERSTREAM_TEST_REDIS',
    settings: (address) => `STEERSTREAM_STORE=redis STEERSTREAM_REDIS_URL=${address}`,
    example: 'redis://127.0.0.1:6379',
    image: 'redis:7.4',
    needs: 'redis-server (Debian: redis-server), or Python 3 with pip, which fetches one',
  },
  registry: {
    variable: 'STEERSTREAM_TEST_REGISTRY',
    settings: (address) => `STEERSTREAM_WIRE=confluent STEERSTREAM_REGISTRY_URL=${address}`,
    example: 'http://127.0.0.1:8080/apis/ccompat/v7',
    image: 'apicurio/apicurio-registry:3.0.9',
    needs: JAVA,
  },
  s3: {
    variable: 'STEERSTREAM_TEST_S3',
    settings: (address) =>
      `STEERSTREAM_S3_ENDPOINT=${address} STEERSTREAM_S3_PATH_STYLE=on AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test`,
    example: 'http://127.0.0.1:9000',
    image: 'motoserver/moto:5.2.5',
    needs: 'Python 3 with pip, which fetches one',
  },
};
