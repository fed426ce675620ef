/**
 * The one door to what kafkajs 2.2.4 does not export: reading a partition without a consumer group, transactions
 * without needless requests, and a group membership whose rebalances wait for us
 * (docs/adr/0010-kafkajs-below-its-surface.md). The types are of what is used here, no more; the version is pinned, and
 * the contract suite runs on a real broker.
 */
import { createRequire } from 'node:module';
import type { Assigner, KafkaConfig, logCreator } from 'kafkajs';

const require = createRequire(import.meta.url);

/** A request of the Kafka protocol and how its answer is read. */
export interface ProtocolCall<T> {
  readonly request: unknown;
  readonly response: { decode(raw: Buffer): Promise<unknown>; parse(decoded: never): Promise<T> | T };
  readonly requestTimeout?: number;
}

export interface ConnectionPool {
  readonly host: string;
  readonly port: number;
  send<T>(call: ProtocolCall<T>): Promise<T>;
  setVersions(versions: unknown): void;
  setSupportAuthenticationProtocol(isSupported: boolean): void;
  destroy(): Promise<void>;
}

export interface OffsetFetchResponse {
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly offset: string; readonly metadata: string }[];
  }[];
}

/** Who writes a transaction. */
export interface Producing {
  readonly transactionalId: string;
  /** 64 bits, as kafkajs holds them. */
  readonly producerId: unknown;
  readonly producerEpoch: number;
}

export interface ProduceAnswer {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly { readonly partition: number; readonly baseOffset: string }[];
  }[];
}

export interface Broker {
  readonly nodeId: number;
  readonly connectionPool: ConnectionPool;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  initProducerId(request: {
    transactionalId: string;
    transactionTimeout: number;
  }): Promise<Pick<Producing, 'producerId' | 'producerEpoch'>>;
  addPartitionsToTxn(request: Producing & { topics: { topic: string; partitions: number[] }[] }): Promise<unknown>;
  addOffsetsToTxn(request: Producing & { groupId: string }): Promise<unknown>;
  txnOffsetCommit(request: Producing & { groupId: string; topics: readonly object[] }): Promise<unknown>;
  endTxn(request: Producing & { transactionResult: boolean }): Promise<unknown>;
  offsetFetch(request: {
    groupId: string;
    topics: { topic: string; partitions: { partition: number }[] }[];
  }): Promise<OffsetFetchResponse>;
}

interface PartitionMetadata {
  readonly partitionId: number;
  readonly leader: number;
}

export interface Cluster {
  readonly brokerPool: {
    readonly versions: unknown;
    readonly metadata: { readonly brokers: readonly { readonly nodeId: number; host: string; port: number }[] } | null;
    /** Of these topics only. */
    refreshMetadata(topics: readonly string[]): Promise<void>;
    createBroker(options: object): Broker;
  };
  readonly targetTopics: Set<string>;
  readonly connectionPoolBuilder: { build(address: { host: string; port: number }): Promise<ConnectionPool> };
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly PartitionMetadata[];
  findBroker(node: { nodeId: number }): Promise<Broker>;
  /** `coordinatorType`: 0, of groups, unless given; 1, of transactions. */
  findGroupCoordinator(group: { groupId: string; coordinatorType?: number }): Promise<Broker>;
  removeBroker(address: { host: string; port: number }): void;
  /** With the cluster's isolation level: the end of what read-committed consumers can see. */
  fetchTopicsOffset(
    topics: { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[],
  ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>;
}

export interface KafkajsLogger {
  namespace(name: string): KafkajsLogger;
}

export interface ClusterOptions extends Pick<KafkaConfig, 'brokers' | 'ssl' | 'sasl' | 'clientId' | 'retry'> {
  readonly logger: KafkajsLogger;
  readonly socketFactory: unknown;
  readonly connectionTimeout: number;
  readonly authenticationTimeout: number;
  readonly reauthenticationThreshold: number;
  readonly requestTimeout: number;
  readonly enforceRequestTimeout: boolean;
  readonly metadataMaxAge: number;
  readonly allowAutoTopicCreation: boolean;
  readonly maxInFlightRequests: number | null;
  readonly isolationLevel: number;
}

export interface ConsumerGroup {
  coordinator: Broker | null;
  memberId: string | null;
  readonly generationId: number | null;
  connect(): Promise<void>;
  joinAndSync(): Promise<void>;
  leave(): Promise<void>;
  heartbeat(options: { interval: number }): Promise<void>;
  assigned(): readonly { readonly topic: string; readonly partitions: readonly number[] }[];
}

export interface ConsumerGroupOptions {
  readonly cluster: Cluster;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly topicConfigurations: object;
  readonly logger: KafkajsLogger;
  readonly instrumentationEmitter: unknown;
  readonly assigners: readonly Assigner[];
  readonly sessionTimeout: number;
  readonly rebalanceTimeout: number;
  readonly retry: object;
}

/** A writer of the protocol's primitive types. */
export interface ProtocolEncoder {
  writeInt16(value: number): this;
  writeInt32(value: number): this;
  writeString(text: string): this;
  writeBuffer(bytes: Buffer): this;
}

/** A reader of the protocol's primitive types. */
export interface Decoder {
  readInt16(): number;
  readInt32(): number;
  readInt64(): bigint | { toString(): string };
  readString(): string;
  readBytes(): Buffer;
  readArray<T>(read: (decoder: Decoder) => T): T[];
  readArrayAsync<T>(read: (decoder: Decoder) => Promise<T>): Promise<T[]>;
}

export interface FetchRequest {
  readonly replicaId: number;
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isolationLevel: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly fetchOffset: string;
      readonly maxBytes: number;
    }[];
  }[];
}

function load<T>(path: string): T {
  return require(`kafkajs/src/${path}`) as T;
}

export const KafkaCluster = load<new (options: ClusterOptions) => Cluster>('cluster/index.js');
export const KafkaConsumerGroup =
  load<new (options: ConsumerGroupOptions) => ConsumerGroup>('consumer/consumerGroup.js');
export const InstrumentationEmitter = load<new () => unknown>('instrumentation/emitter.js');
export const createKafkajsLogger = load<{
  readonly createLogger: (options: { level: number; logCreator: logCreator }) => KafkajsLogger;
}>('loggers/index.js').createLogger;
interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

/** It sets a timer of a negative delay after every answer, of which Node warns; only pending requests need one. */
const { prototype: queue } = load<{ readonly prototype: RequestQueue }>('network/requestQueue/index.js');
const schedule = Reflect.get(queue, 'scheduleCheckPendingRequests');
queue.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.pending.length > 0) schedule.call(this);
};

export const createSocketFactory = load<() => unknown>('network/socketFactory.js');
export const ProtocolDecoder = load<new (buffer: Buffer) => Decoder>('protocol/decoder.js');
export const ProtocolEncoder = load<new (size: number) => ProtocolEncoder>('protocol/encoder.js');
export const produceResponse = load<ProtocolCall<ProduceAnswer>['response']>(
  'protocol/requests/produce/v7/response.js',
);
export const fetchRequest = load<(request: FetchRequest) => unknown>('protocol/requests/fetch/v11/request.js');
export const { createErrorFromCode } = load<{ readonly createErrorFromCode: (code: number) => Error }>(
  'protocol/error.js',
);
