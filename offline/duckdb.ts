/** DuckDB in this process: loaded when it is first needed, within bounds of memory, gone when the work is done. */
import type { DuckDBConnection } from '@duckdb/node-api';

export interface DuckDbOptions {
  /** How much it may keep in memory, MB; what is more goes to `spill`. */
  readonly memoryMb?: number;
  /** A folder for what does not fit into memory. */
  readonly spill?: string;
}

export interface DuckDb extends AsyncDisposable {
  readonly connection: DuckDBConnection;
}

const MEMORY_MB = 1024;

/** A database of its own, in memory. Use with `await using`. */
export async function openDuckDb({ memoryMb = MEMORY_MB, spill }: DuckDbOptions = {}): Promise<DuckDb> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${memoryMb}MB`,
    // Nothing is looked up or downloaded: what is needed is built in.
    autoinstall_known_extensions: 'false',
    ...(spill === undefined ? {} : { temp_directory: spill }),
  });
  const connection = await instance.connect();
  return {
    connection,
    [Symbol.asyncDispose]: () => {
      connection.closeSync();
      instance.closeSync();
      return Promise.resolve();
    },
  };
}

/** A name of a column or table in SQL. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A text in SQL. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
