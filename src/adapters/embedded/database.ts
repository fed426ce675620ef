/**
 * One SQLite file and its transactions. Several processes may hold it open: readers never wait, writers take turns.
 *
 * What is promised: a transaction is whole or not there. It outlives the death of the process at once (`kill -9`: the
 * bytes are with the operating system); with `power` it outlives a power cut too (fsync at every commit), with `process`
 * a power cut may take the newest transactions, never the middle of one.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { OutcomeUnknown, Unavailable } from '../../ports/errors.js';

export type Durability = 'process' | 'power';

export interface DatabaseOptions {
  readonly path: string;
  /** SQL that makes the tables, for a new file. */
  readonly schema: string;
  /** Version of `schema`; a file of another version is refused. */
  readonly version: number;
  readonly durability: Durability;
}

/** How long a call waits for another process's transaction before it fails as Unavailable, ms. */
const BUSY_MS = 5000;
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_FULL = 13;

export class Database {
  readonly #sqlite: DatabaseSync;

  private constructor(sqlite: DatabaseSync) {
    this.#sqlite = sqlite;
  }

  /** @throws Error when the file is of another version; Unavailable when others keep it locked. */
  static open(options: DatabaseOptions): Database {
    mkdirSync(dirname(options.path), { recursive: true });
    const sqlite = new DatabaseSync(options.path, { timeout: BUSY_MS });
    try {
      sqlite.exec('PRAGMA journal_mode = WAL');
      sqlite.exec(`PRAGMA synchronous = ${options.durability === 'power' ? 'FULL' : 'NORMAL'}`);
      const database = new Database(sqlite);
      database.#transact('IMMEDIATE', () => migrate(sqlite, options));
      return database;
    } catch (error) {
      sqlite.close();
      throw known(error);
    }
  }

  prepare(sql: string): StatementSync {
    return this.#sqlite.prepare(sql);
  }

  /** Runs the work on one unchanging view of the file. */
  read<T>(work: () => T): Promise<T> {
    return settle(() => this.#transact('DEFERRED', work));
  }

  /** Runs the work as one transaction: all of it or, when it throws, nothing. */
  write<T>(work: () => T): Promise<T> {
    return settle(() => this.#transact('IMMEDIATE', work));
  }

  close(): void {
    if (this.#sqlite.isOpen) this.#sqlite.close();
  }

  #transact<T>(kind: 'DEFERRED' | 'IMMEDIATE', work: () => T): T {
    this.#sqlite.exec(`BEGIN ${kind}`);
    let result: T;
    try {
      result = work();
    } catch (error) {
      this.#rollback();
      throw error;
    }
    this.#commit();
    return result;
  }

  #commit(): void {
    try {
      this.#sqlite.exec('COMMIT');
    } catch (error) {
      this.#rollback();
      const translated = known(error);
      if (translated instanceof Unavailable) throw translated;
      throw new OutcomeUnknown('SQLite failed while committing, the transaction may or may not be there', {
        cause: error,
      });
    }
  }

  #rollback(): void {
    if (this.#sqlite.isTransaction) this.#sqlite.exec('ROLLBACK');
  }
}

/** The rows of a prepared query, typed by whoever wrote its SQL. */
export function rows<T>(statement: StatementSync, ...parameters: SQLInputValue[]): T[] {
  return statement.all(...parameters) as unknown as T[];
}

/** The first row of a prepared query. */
export function row<T>(statement: StatementSync, ...parameters: SQLInputValue[]): T | undefined {
  return statement.get(...parameters) as unknown as T | undefined;
}

/** A blob as a Buffer over the same bytes. */
export function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function migrate(sqlite: DatabaseSync, options: DatabaseOptions): void {
  const found = sqlite.prepare('PRAGMA user_version').get() as { user_version: number };
  if (found.user_version === options.version) return;
  if (found.user_version !== 0) {
    throw new Error(
      `${options.path} has format ${found.user_version}, this version reads ${options.version}: use the version that ` +
        'made it, or start with another folder',
    );
  }
  sqlite.exec(options.schema);
  sqlite.exec(`PRAGMA user_version = ${options.version}`);
}

function settle<T>(work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    try {
      resolve(work());
    } catch (error) {
      reject(known(error));
    }
  });
}

/** Translates the errors that may pass; others stay as they are. */
function known(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const code = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0;
  if (code === SQLITE_BUSY || code === SQLITE_LOCKED) {
    return new Unavailable('the SQLite file is locked by another process', { cause: error });
  }
  if (code === SQLITE_FULL) return new Unavailable('the disk is full', { cause: error });
  return error;
}
