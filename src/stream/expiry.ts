/**
 * Gains that end. The owner of a task appends an `expire` event to the profiles topic for each expiry that is due, as any
 * producer would, so that the end of a gain is in the log like its beginning.
 */
import type { Expiry } from '../ports/state-store.js';
import { granted } from './fenced.js';
import type { Ownership, TaskContext } from './task-context.js';

/** Most expiries of one look. */
const MAX_EXPIRIES = 1000;

export class Expiries {
  /** Appended by this owner, and not yet come back as a record that moves the stored expiry. */
  readonly #sent = new Map<string, number>();

  constructor(
    private readonly context: TaskContext,
    private readonly ownership: Ownership,
  ) {}

  /**
   * Appends what is due. Another owner may append the same again: its event id is a function of user and time, so the
   * second changes nothing.
   */
  async produce(): Promise<void> {
    const { log, store, task, outputs, now } = this.context;
    const time = now();
    const due = granted(await store.due(task, this.ownership.token, time, MAX_EXPIRIES), 'read expiries');
    const fresh = due.filter(({ userId, at }) => this.#sent.get(userId) !== at);
    this.#forget(due);
    if (fresh.length === 0) return;
    // Each by itself: they need not be all or nothing, and a transaction that nobody ends holds up its topic's readers.
    await Promise.all(fresh.map((expiry) => log.append([outputs.expire(expiry, time)])));
    for (const { userId, at } of fresh) this.#sent.set(userId, at);
  }

  /** What is no longer due has come back. */
  #forget(due: readonly Expiry[]): void {
    const still = new Set(due.map(({ userId }) => userId));
    for (const user of this.#sent.keys()) if (!still.has(user)) this.#sent.delete(user);
  }
}
