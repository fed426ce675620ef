/**
 * Connections to Redis, as one server, through Sentinels, or to a Cluster.
 *
 * ioredis is told to be honest: a command is sent once, over a connection that is ready, or fails. It resends only what
 * a Cluster refused to execute (MOVED, ASK, TRYAGAIN), never what may have been executed.
 */
import {
  Cluster,
  type ClusterOptions,
  type DNSLookupFunction,
  Redis,
  type RedisOptions as ClientOptions,
} from 'ioredis';

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** Which server is the right one, and how it is found again after a failover. */
export type RedisServers =
  | { readonly kind: 'single'; readonly address: RedisAddress }
  | {
      readonly kind: 'sentinel';
      readonly sentinels: readonly RedisAddress[];
      /** The name that the Sentinels monitor the master by. */
      readonly master: string;
      /** Of the Sentinels themselves, where they ask for one. */
      readonly username?: string;
      readonly password?: string;
    }
  | { readonly kind: 'cluster'; readonly nodes: readonly RedisAddress[] };

/** PEM texts. Without `ca` the authorities that Node trusts count; a certificate is never left unchecked. */
export interface RedisTls {
  readonly ca?: string;
  /** The client's own certificate and key, where the server asks for them. */
  readonly cert?: string;
  readonly key?: string;
  /** The name in the server's certificate, where it is not the host. */
  readonly servername?: string;
}

export interface RedisOptions {
  readonly servers: RedisServers;
  /** 0 unless given; a Cluster has only that. */
  readonly database?: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: RedisTls;
  /** How long a call or a connection attempt may take, ms; 5000 unless given. */
  readonly timeoutMs?: number;
}

export type RedisClient = Redis | Cluster;

export const DEFAULT_TIMEOUT_MS = 5000;
const MAX_RECONNECT_MS = 1000;
const MAX_REDIRECTIONS = 8;

const DO_NOT_RESOLVE: DNSLookupFunction = (host, done) => {
  done(null, host);
};

/** Connects in the background, again and again. Every error is an event `error`, or `node error` of a Cluster. */
export function connect(options: RedisOptions): RedisClient {
  const { servers, database = 0 } = options;
  const common = clientOptions(options);
  switch (servers.kind) {
    case 'single':
      return new Redis({ ...common, ...servers.address, db: database, retryStrategy: reconnectDelay });
    case 'sentinel':
      return new Redis({
        ...common,
        sentinels: servers.sentinels.map((address) => ({ ...address })),
        name: servers.master,
        db: database,
        retryStrategy: reconnectDelay,
        sentinelRetryStrategy: reconnectDelay,
        sentinelCommandTimeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        ...(servers.username !== undefined && { sentinelUsername: servers.username }),
        ...(servers.password !== undefined && { sentinelPassword: servers.password }),
        ...(options.tls && { sentinelTLS: { ...options.tls }, enableTLSForSentinelMode: true }),
      });
    case 'cluster':
      if (database !== 0) throw new Error('a Redis Cluster has only database 0');
      return new Cluster(
        servers.nodes.map((address) => ({ ...address })),
        clusterOptions(common, options),
      );
  }
}

function clientOptions({ username, password, tls, timeoutMs = DEFAULT_TIMEOUT_MS }: RedisOptions) {
  return {
    connectionName: 'steerstream',
    // Commands that an ACL would have to allow, and nobody needs.
    disableClientInfo: true,
    connectTimeout: timeoutMs,
    // A connection over which no answer comes is given up: only a new one finds the server's successor.
    socketTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    maxLoadingRetryTime: MAX_RECONNECT_MS,
    // A master that was demoted: connect again, and so ask again who is master. The command itself is not resent.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: { ...tls } }),
  } satisfies ClientOptions;
}

function clusterOptions(
  common: ReturnType<typeof clientOptions>,
  { tls, timeoutMs = DEFAULT_TIMEOUT_MS }: RedisOptions,
) {
  const { enableOfflineQueue: _, ...redisOptions } = common;
  return {
    redisOptions,
    // Connections to nodes are made when they are first needed, and what needs them waits for them.
    enableOfflineQueue: true,
    clusterRetryStrategy: reconnectDelay,
    slotsRefreshTimeout: timeoutMs,
    maxRedirections: MAX_REDIRECTIONS,
    // 0: such a command may have been executed, so it is not sent again.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    // Certificates name hosts: they must not be resolved to addresses first.
    ...(tls && { dnsLookup: DO_NOT_RESOLVE }),
  } satisfies ClusterOptions;
}

function reconnectDelay(attempt: number): number {
  return Math.min(25 * 2 ** Math.min(attempt, 10), MAX_RECONNECT_MS);
}
