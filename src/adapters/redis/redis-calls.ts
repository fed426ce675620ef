/**
 * Calls of Redis that end: with an answer, or after a bounded time with an error of the ports.
 *
 * A write that timed out may still be on its way and arrive much later, even after another owner's claim. Nothing here
 * can call it back; the fence in its script makes it harmless: by then the token or the marker differs.
 */
import { Unavailable } from '../../ports/errors.js';
import { connect, DEFAULT_TIMEOUT_MS, type RedisClient, type RedisOptions } from './connection.js';
import { type Access, CallTimedOut, translate } from './redis-errors.js';

/** What ioredis says when no Sentinel lets us ask. */
const SENTINEL_REFUSED = /^All sentinels .*\b(NOAUTH|WRONGPASS)\b/;

export class RedisCalls {
  readonly #client: RedisClient;
  readonly #timeoutMs: number;
  /** Why there is no connection now; undefined while there is one, or the first attempt is under way. */
  #failure: Error | undefined;

  constructor(options: RedisOptions, prepare: (client: RedisClient) => void) {
    this.#client = connect(options);
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    prepare(this.#client);
    this.#client.on('ready', () => {
      this.#failure = undefined;
    });
    this.#client.on('error', (error: Error) => {
      this.#failure = reasonOf(error);
    });
    // A Cluster goes on without a node; this only explains why it is not ready.
    this.#client.on('node error', (error: Error) => {
      if (this.#client.status !== 'ready') this.#failure = error;
    });
    this.#client.on('close', () => {
      this.#failure ??= new Error('the connection was closed');
    });
  }

  /** @throws Unavailable */
  read<T>(call: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.#call(call, 'read');
  }

  /** @throws Unavailable when nothing happened; OutcomeUnknown when it may have happened, or may still */
  write<T>(call: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.#call(call, 'write');
  }

  close(): void {
    this.#client.disconnect();
  }

  async #call<T>(call: (client: RedisClient) => Promise<T>, access: Access): Promise<T> {
    await this.#ready();
    try {
      return await this.#inTime(call(this.#client));
    } catch (error) {
      throw translate(error, access);
    }
  }

  /** Waits for the first connection; one that was lost is not waited for: whoever calls has a backoff. */
  async #ready(): Promise<void> {
    const client = this.#client;
    if (client.status === 'ready') return;
    let watch: (() => void) | undefined;
    const settled = new Promise<void>((resolve) => {
      watch = resolve;
      for (const event of ['ready', 'error', 'close', 'end']) client.once(event, resolve);
    });
    try {
      if (this.#failure === undefined && client.status !== 'end') await this.#inTime(settled);
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : undefined;
    } finally {
      for (const event of ['ready', 'error', 'close', 'end']) if (watch) client.off(event, watch);
    }
    // What the events changed, the compiler cannot see.
    if ((client.status as string) === 'ready') return;
    throw unreachable(this.#failure ?? new Error('the connection was closed'));
  }

  async #inTime<T>(promise: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new CallTimedOut(`no answer within ${this.#timeoutMs} ms`));
      }, this.#timeoutMs);
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function unreachable(failure: Error): Error {
  if (failure.name === 'ReplyError') return translate(failure, 'read');
  // An attempt at several addresses of one host has no message.
  const why = failure.message || ('code' in failure ? String(failure.code) : failure.name);
  const advice = SENTINEL_REFUSED.test(why)
    ? 'its Sentinels do not know this user and password: set STEERSTREAM_REDIS_SENTINEL_PASSWORD, and _USERNAME where they have users'
    : '';
  return new Unavailable(`Redis cannot be reached: ${advice ? `${advice} (${why})` : why}`, { cause: failure });
}

/** A Cluster of which no node answers says so, and has the reason inside. */
function reasonOf(error: Error): Error {
  return 'lastNodeError' in error && error.lastNodeError instanceof Error ? error.lastNodeError : error;
}
