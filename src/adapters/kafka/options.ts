/** How to reach a Kafka cluster, and how patient to be with it. */
import type { Logger } from '../../ops/logger.js';

export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** PEM texts. */
export interface KafkaTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  /** Asked for a token at each (re-)authentication. */
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> };

export interface KafkaOptions {
  /** `host:port`, some of the cluster's. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls?: KafkaTls;
  readonly sasl?: KafkaSasl;
  /** Of what is written; all of them are read. */
  readonly compression: Compression;
  readonly timing: KafkaTiming;
  readonly logger: Logger;
}

/** All in ms. */
export interface KafkaTiming {
  /** A member that is silent for so long has left its group. */
  readonly session: number;
  readonly heartbeat: number;
  /** How long a rebalance waits for its members to finish their batches. */
  readonly rebalance: number;
  /** An open transaction that nobody ends is aborted by the broker after this. */
  readonly transaction: number;
  readonly request: number;
  /** How old may be what is known of topics, their partitions and where these lie. */
  readonly metadata: number;
}

export const DEFAULT_KAFKA_TIMING: KafkaTiming = {
  session: 10_000,
  heartbeat: 1000,
  rebalance: 30_000,
  transaction: 30_000,
  request: 10_000,
  metadata: 60_000,
};
