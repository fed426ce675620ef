/**
 * Tells waiting readers that the log may have grown: at once for this connection's own writes, within a few hundredths
 * of a second for those of other processes (SQLite's data_version moves when another connection commits).
 */
import { type Database, row } from './database.js';

const LOOK_MS = 25;

export class Changes {
  readonly #waiting = new Set<() => void>();
  readonly #version: () => number;
  #seen: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(database: Database) {
    const statement = database.prepare('PRAGMA data_version');
    this.#version = () => row<{ data_version: number }>(statement)?.data_version ?? 0;
    this.#seen = this.#version();
  }

  /** This connection wrote. */
  notify(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  /** Resolves after a change, after `ms`, or when the signal aborts: look again then. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || ms <= 0) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = (): void => {
      resolve(undefined);
    };
    const timeout = setTimeout(wake, ms);
    signal.addEventListener('abort', wake, { once: true });
    this.#waiting.add(wake);
    this.#timer ??= setInterval(() => {
      this.#look();
    }, LOOK_MS);
    await promise;
    this.#waiting.delete(wake);
    signal.removeEventListener('abort', wake);
    clearTimeout(timeout);
    if (this.#waiting.size === 0) this.stop();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.notify();
  }

  #look(): void {
    const version = this.#version();
    if (version === this.#seen) return;
    this.#seen = version;
    this.notify();
  }
}
