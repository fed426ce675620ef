/** Rows of a file, whatever its format: the end of its name says which reader it gets. */
import { UserError } from '../../../src/terminal/user-error.js';
import { avroRows } from './avro-rows.js';
import { csvRows } from './csv-rows.js';
import { parquetRows } from './parquet-rows.js';
import type { Row } from './row.js';
import type { ChooseColumns, TableFile } from './table-file.js';

/** @throws UserError for a file that cannot be read or lacks a column. */
export function readRows(table: TableFile, choose: ChooseColumns, signal: AbortSignal): AsyncGenerator<Row> {
  const { file } = table;
  const chosen: ChooseColumns = (columns) => {
    const needed = choose(columns);
    const missing = needed.filter((column) => !columns.includes(column));
    if (missing.length === 0) return needed;
    throw new UserError(`${file} has no column ${missing.join(', ')}; its columns are ${columns.join(', ')}`);
  };
  if (file.endsWith('.parquet')) return parquetRows(file, chosen, signal);
  if (file.endsWith('.avro')) return avroRows(file, chosen, signal);
  return csvRows(table, chosen, signal);
}
