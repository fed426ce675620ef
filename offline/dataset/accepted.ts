/**
 * Interactions as the reducers accepted them, as Parquet: what sequences are made of. A folder of `interactions/*.parquet`,
 * `users.parquet` and `items.parquet` (sql/README.md has their columns).
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { Dictionary } from '../columns.js';
import { viewOf } from './parquet-tables.js';
import { TableWriter } from './table-writer.js';

/** Rows of one file of interactions: what is collected in memory, about 20 bytes each. */
const ROWS_PER_FILE = 1_000_000;

/** A user of the partition that is being read. */
interface Numbered {
  readonly number: number;
  /** How many interactions so far. */
  next: number;
}

/** What is kept here grows with the items and with the users of one partition, never with the interactions. */
export class AcceptedWriter {
  #users = new Map<string, Numbered>();
  #userCount = 0;
  #interactionCount = 0;
  #files = 0;
  readonly #items = new Dictionary();

  private constructor(
    private readonly folder: string,
    private readonly interactions: TableWriter,
    private readonly users: TableWriter,
    private readonly items: TableWriter,
    private readonly rowsPerFile: number,
  ) {}

  /** Empties the folder of what an interrupted run left. */
  static async open(
    connection: DuckDBConnection,
    folder: string,
    rowsPerFile = ROWS_PER_FILE,
  ): Promise<AcceptedWriter> {
    await rm(join(folder, 'interactions'), { recursive: true, force: true });
    await mkdir(join(folder, 'interactions'), { recursive: true });
    return new AcceptedWriter(
      folder,
      await TableWriter.open(connection, 'interactions', {
        user_number: 'INTEGER',
        place: 'INTEGER',
        item_number: 'INTEGER',
        time_ms: 'DOUBLE',
      }),
      await TableWriter.open(connection, 'users', { user_number: 'INTEGER', user_id: 'VARCHAR' }),
      await TableWriter.open(connection, 'items', { item_number: 'INTEGER', item_id: 'VARCHAR' }),
      rowsPerFile,
    );
  }

  /** Rows of one user come in log order, with times that never decrease. @param time ms */
  add(userId: string, itemId: string, time: number): void {
    const user = this.numbered(userId);
    const known = this.#items.texts.length;
    const item = this.#items.number(itemId);
    if (item === known) this.items.add([item, itemId]);
    this.interactions.add([user.number, user.next++, item, time]);
    this.#interactionCount++;
  }

  /** Between two chunks of records: moves what has come together to disk. */
  async spill(): Promise<void> {
    if (this.interactions.rows >= this.rowsPerFile) await this.moveInteractions();
  }

  /** No user of this partition is in another one. */
  endPartition(): void {
    this.#users = new Map();
  }

  /** Writes the rest. */
  async finish(): Promise<{ readonly users: number; readonly items: number; readonly interactions: number }> {
    // A file even where nothing was accepted: it tells the columns.
    if (this.interactions.rows > 0 || this.#files === 0) await this.moveInteractions();
    await this.users.moveTo(join(this.folder, 'users.parquet'));
    await this.items.moveTo(join(this.folder, 'items.parquet'));
    for (const writer of [this.interactions, this.users, this.items]) await writer.close();
    return { users: this.#userCount, items: this.#items.texts.length, interactions: this.#interactionCount };
  }

  private numbered(userId: string): Numbered {
    const known = this.#users.get(userId);
    if (known !== undefined) return known;
    const user = { number: this.#userCount++, next: 0 };
    this.#users.set(userId, user);
    this.users.add([user.number, userId]);
    return user;
  }

  private async moveInteractions(): Promise<void> {
    const file = join(this.folder, 'interactions', `${String(this.#files++).padStart(5, '0')}.parquet`);
    // The writer takes numbers; as whole ones they are smaller, and the same in every engine.
    await this.interactions.moveTo(file, '* REPLACE (CAST(time_ms AS BIGINT) AS time_ms)');
  }
}

/** Makes `interactions`, `users` and `items` of the folder tables of the connection. */
export async function viewAccepted(connection: DuckDBConnection, folder: string): Promise<void> {
  await viewOf(connection, 'interactions', join(folder, 'interactions', '*.parquet'));
  for (const name of ['users', 'items']) await viewOf(connection, name, join(folder, `${name}.parquet`));
}
