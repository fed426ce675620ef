/**
 * Membership of the embedded log: one member of a group at a time owns all its tasks, the others stand by.
 *
 *   standing by --(lease free, its holder dead or silent)--> holding --(another took it)--> standing by
 *
 * The lease only spares work: two members that both believe to hold it cannot harm each other, because take-over fences.
 */
import { randomUUID } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import { OutcomeUnknown, OwnershipLost, Unavailable } from '../../ports/errors.js';
import type { GroupListener, Membership, Task } from '../../ports/log.js';
import { type Database, row } from './database.js';

export interface LeaseTiming {
  /** How often a holder confirms its lease and the others look at it, ms. */
  readonly heartbeatMs: number;
  /** A lease unconfirmed for so long is free, ms. */
  readonly sessionMs: number;
}

interface LeaseRow {
  readonly member: string;
  readonly host: string;
  readonly pid: number;
  readonly beat: number;
}

/** The lease rows of all groups. */
export class Leases {
  readonly #get: StatementSync;
  readonly #put: StatementSync;
  readonly #drop: StatementSync;

  constructor(
    private readonly database: Database,
    private readonly host: string,
  ) {
    this.#get = database.prepare('SELECT member, host, pid, beat FROM leases WHERE member_group = ?');
    this.#put = database.prepare(
      'INSERT OR REPLACE INTO leases (member_group, member, host, pid, beat) VALUES (?, ?, ?, ?, ?)',
    );
    this.#drop = database.prepare('DELETE FROM leases WHERE member_group = ? AND member = ?');
  }

  /** Confirms or takes the lease where it is ours or free. Says whether it is held now. */
  hold(group: string, member: string, sessionMs: number): Promise<boolean> {
    return this.database.write(() => {
      const found = row<LeaseRow>(this.#get, group);
      // Wall time, because the rows are shared by processes.
      const now = Date.now();
      if (found && found.member !== member && now - found.beat < sessionMs && this.#lives(found)) return false;
      this.#put.run(group, member, this.host, process.pid, now);
      return true;
    });
  }

  release(group: string, member: string): Promise<unknown> {
    return this.database.write(() => this.#drop.run(group, member));
  }

  /** A process of another host (or container) cannot be asked: its heartbeat decides. */
  #lives(lease: LeaseRow): boolean {
    if (lease.host !== this.host) return true;
    try {
      process.kill(lease.pid, 0);
      return true;
    } catch (error) {
      return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
    }
  }
}

export class LeaseMembership implements Membership {
  readonly #member = randomUUID();
  #held = false;
  #left = false;
  #timer: NodeJS.Timeout | undefined;
  /** Beats take turns, so that `assigned` and `revoked` alternate. */
  #turn: Promise<void> = Promise.resolve();
  #gate = Promise.withResolvers<undefined>();

  constructor(
    private readonly leases: Leases,
    private readonly group: string,
    private readonly tasks: readonly Task[],
    private readonly listener: GroupListener,
    private readonly timing: LeaseTiming,
  ) {
    this.#gate.promise.catch(() => undefined);
  }

  start(): void {
    this.#timer = setInterval(() => void this.#beat(), this.timing.heartbeatMs);
    this.#timer.unref();
    void this.#beat();
  }

  async heartbeat(): Promise<void> {
    do {
      if (this.#left) throw new OwnershipLost(`this member has left group "${this.group}"`);
      await this.#beat();
      await this.#gate.promise;
    } while (!this.#held);
  }

  async leave(): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    clearInterval(this.#timer);
    await this.#turn;
    this.#gate.reject(new OwnershipLost(`this member has left group "${this.group}"`));
    if (this.#held) await this.listener.revoked(this.tasks);
    this.#held = false;
    await this.leases.release(this.group, this.#member);
  }

  #beat(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#confirm());
    return this.#turn;
  }

  async #confirm(): Promise<void> {
    if (this.#left) return;
    const before = this.#held;
    this.#held = await this.leases.hold(this.group, this.#member, this.timing.sessionMs).catch((error: unknown) => {
      // A file that is locked just now confirms nothing and takes nothing away: the next beat asks again.
      if (error instanceof Unavailable || error instanceof OutcomeUnknown) return before;
      throw error;
    });
    if (this.#held && !before) {
      this.#gate.resolve(undefined);
      this.listener.assigned(this.tasks);
    } else if (!this.#held && before) {
      this.#gate = Promise.withResolvers<undefined>();
      this.#gate.promise.catch(() => undefined);
      await this.listener.revoked(this.tasks);
    }
  }
}
