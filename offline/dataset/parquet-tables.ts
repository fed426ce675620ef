/** Tables that lie in Parquet files: what DuckDB need not hold in memory. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { literal, quoted } from '../duckdb.js';

/** Writes a query's result to Parquet, and makes it a table of that name. */
export async function makeTable(
  connection: DuckDBConnection,
  name: string,
  query: string,
  file: string,
): Promise<void> {
  await connection.run(`COPY (${query}) TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd)`);
  await viewOf(connection, name, file);
}

/** Makes Parquet a table of this name. @param files one file, or a pattern */
export async function viewOf(connection: DuckDBConnection, name: string, files: string): Promise<void> {
  await connection.run(`CREATE OR REPLACE VIEW ${quoted(name)} AS SELECT * FROM read_parquet(${literal(files)})`);
}
