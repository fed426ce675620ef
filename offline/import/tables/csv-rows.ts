/** Rows of a CSV file, plain or gzipped. */
import { parse } from 'csv-parse';
import { UserError } from '../../../src/terminal/user-error.js';
import { openFile } from '../source-files.js';
import { Row } from './row.js';
import type { ChooseColumns, TableFile } from './table-file.js';

/** What the parser gives for a line under `info: true`. */
interface Parsed {
  readonly record: Record<string, string>;
  readonly info: { readonly lines: number };
}

export async function* csvRows(table: TableFile, choose: ChooseColumns, signal: AbortSignal): AsyncGenerator<Row> {
  const { file, separator, quote, encoding } = table;
  const columns = (names: readonly string[]): string[] => {
    choose(names);
    return [...names];
  };
  const bytes = openFile(file);
  const parser = parse({
    columns: table.columns === undefined ? columns : columns(table.columns),
    delimiter: separator,
    quote: quote === '' ? null : quote,
    encoding,
    // A byte order mark is a matter of UTF-8.
    bom: encoding === 'utf8',
    info: true,
    skip_empty_lines: true,
  });
  bytes.once('error', (error) => parser.destroy(new UserError(`cannot read ${file}: ${error.message}`)));
  try {
    for await (const parsed of bytes.pipe(parser)) {
      signal.throwIfAborted();
      const { record, info } = parsed as Parsed;
      yield new Row(`${file}, line ${info.lines}`, record);
    }
  } catch (error) {
    // csv-parse's own errors say the line: a file that is not what it should be is the user's to mend.
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('CSV_')) {
      throw new UserError(`${file}: ${error.message}`);
    }
    throw error;
  } finally {
    bytes.destroy();
  }
}
