/** Rows of a Parquet file, read by DuckDB. */
import { UserError } from '../../../src/terminal/user-error.js';
import { openDuckDb, quoted } from '../../duckdb.js';
import { Row } from './row.js';
import type { ChooseColumns } from './table-file.js';

export async function* parquetRows(file: string, choose: ChooseColumns, signal: AbortSignal): AsyncGenerator<Row> {
  await using database = await openDuckDb();
  const { connection } = database;
  const unreadable = (error: unknown): UserError =>
    new UserError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  const whole = await connection.stream('SELECT * FROM read_parquet($1) LIMIT 0', [file]).catch((error: unknown) => {
    throw unreadable(error);
  });
  const selected = choose(whole.columnNames()).map(quoted).join(', ');
  const result = await connection.stream(`SELECT ${selected} FROM read_parquet($1)`, [file]);
  let number = 0;
  const chunks = result.yieldRowObjectJs();
  for (;;) {
    // Damage shows when a part of the file is reached.
    const chunk = await chunks.next().catch((error: unknown) => {
      throw unreadable(error);
    });
    if (chunk.done === true) return;
    signal.throwIfAborted();
    for (const fields of chunk.value) yield new Row(`${file}, row ${++number}`, fields);
  }
}
