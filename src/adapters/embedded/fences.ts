/** Who may commit for a task. Each method must run inside a transaction of the caller. */
import type { StatementSync } from 'node:sqlite';
import { OwnershipLost } from '../../ports/errors.js';
import { type Database, row } from './database.js';

/** A task of a group, and the token of whoever takes it. */
export interface Owner {
  readonly group: string;
  readonly partition: number;
  readonly token: string;
}

/** What an owner holds: its epoch is current until the next take-over. */
export interface Claim extends Owner {
  readonly epoch: number;
}

interface FenceRow {
  readonly epoch: number;
  readonly sentinel: string;
}

export class Fences {
  readonly #get: StatementSync;
  readonly #set: StatementSync;

  constructor(database: Database) {
    this.#get = database.prepare('SELECT epoch, sentinel FROM fences WHERE member_group = ? AND partition = ?');
    this.#set = database.prepare(
      'INSERT OR REPLACE INTO fences (member_group, partition, epoch, sentinel) VALUES (?, ?, ?, ?)',
    );
  }

  /** Ends every earlier owner's rights and leaves the token as a sentinel. Returns the new epoch. */
  raise(owner: Owner): number {
    const epoch = (row<FenceRow>(this.#get, owner.group, owner.partition)?.epoch ?? 0) + 1;
    this.#set.run(owner.group, owner.partition, epoch, owner.token);
    return epoch;
  }

  /** @throws OwnershipLost when another took the task since. */
  check(claim: Claim): void {
    const found = row<FenceRow>(this.#get, claim.group, claim.partition);
    if (found?.epoch === claim.epoch && found.sentinel === claim.token) return;
    throw new OwnershipLost(`task ${claim.partition} of group "${claim.group}" was taken over by another owner`);
  }
}
