/** Rows from here to Parquet: collected in a table of DuckDB, which keeps within its bound of memory. */
import type { DuckDBAppender, DuckDBConnection, DuckDBDataChunk, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { literal, quoted } from '../duckdb.js';

type ColumnType = 'INTEGER' | 'DOUBLE' | 'VARCHAR';

/** Rows handed over at once; DuckDB's own vectors have as many. */
const CHUNK = 2048;

export class TableWriter {
  #rows = 0;
  readonly #values: DuckDBValue[][];

  private constructor(
    private readonly connection: DuckDBConnection,
    private readonly table: string,
    private readonly appender: DuckDBAppender,
    private readonly types: readonly DuckDBType[],
    private readonly chunks: typeof DuckDBDataChunk,
  ) {
    this.#values = types.map(() => []);
  }

  /** @param columns name -> type */
  static async open(
    connection: DuckDBConnection,
    name: string,
    columns: Readonly<Record<string, ColumnType>>,
  ): Promise<TableWriter> {
    const table = `staged_${name}`;
    const definition = Object.entries(columns).map(([column, type]) => `${quoted(column)} ${type}`);
    await connection.run(`CREATE OR REPLACE TABLE ${quoted(table)} (${definition.join(', ')})`);
    const appender = await connection.createAppender(table);
    const types = definition.map((_, column) => appender.columnType(column));
    const { DuckDBDataChunk } = await import('@duckdb/node-api');
    return new TableWriter(connection, table, appender, types, DuckDBDataChunk);
  }

  /** Rows that are not in a file yet. */
  get rows(): number {
    return this.#rows;
  }

  add(row: readonly DuckDBValue[]): void {
    for (const [column, value] of row.entries()) this.#values[column]?.push(value);
    if (++this.#rows % CHUNK === 0) this.handOver();
  }

  /** Writes the rows so far to a file, and forgets them. @param select what of them; all columns as they are */
  async moveTo(file: string, select = '*'): Promise<void> {
    this.handOver();
    this.appender.flushSync();
    const query = `SELECT ${select} FROM ${quoted(this.table)}`;
    await this.connection.run(`COPY (${query}) TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd)`);
    await this.connection.run(`TRUNCATE ${quoted(this.table)}`);
    this.#rows = 0;
  }

  async close(): Promise<void> {
    this.appender.closeSync();
    await this.connection.run(`DROP TABLE ${quoted(this.table)}`);
  }

  private handOver(): void {
    const count = this.#values[0]?.length ?? 0;
    if (count === 0) return;
    const chunk = this.chunks.create(this.types, count);
    for (const [column, values] of this.#values.entries()) {
      chunk.setColumnValues(column, values);
      values.length = 0;
    }
    this.appender.appendDataChunk(chunk);
  }
}
