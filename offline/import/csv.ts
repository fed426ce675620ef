/** A platform's own history: interactions, and optionally items, as CSV files whose columns are named by flags. */
import { parse } from 'csv-parse';
import type { CatalogueItem } from '../../src/events/events.js';
import { jsonHash } from '../canonical-json.js';
import { UserError } from '../../src/terminal/user-error.js';
import { InteractionTable } from './interaction-table.js';
import type { ImportSource } from './source.js';
import { fingerprintFiles, openFile } from './source-files.js';

const READER = 'csv 1';

export const TIME_UNITS = ['s', 'ms', 'iso'] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];

/** Names of files and columns. Both files have a header line; each may be gzipped. */
export interface CsvOptions {
  readonly interactions: string;
  /** Without it the catalogue stays as it is. */
  readonly items?: string | undefined;
  readonly user: string;
  /** Also the id's column in the file of items. */
  readonly item: string;
  readonly time: string;
  readonly timeUnit: TimeUnit;
  /** Without it every interaction is a `view`. */
  readonly kind?: string | undefined;
  readonly value?: string | undefined;
  readonly separator: string;
  /** Columns of the items: each becomes attributes `<column>/<value>`. */
  readonly attributes: readonly string[];
  /** Between several values in one attribute's column. */
  readonly multiSeparator: string;
  /** The title's column; without it the item's id is its title. */
  readonly title?: string | undefined;
}

export async function csv(options: CsvOptions): Promise<ImportSource> {
  const { interactions, items, ...columns } = options;
  const { kind = null, value = null, title = null } = columns;
  const salt = `${READER} ${jsonHash({ ...columns, kind, value, title })}`;
  const fingerprint = await fingerprintFiles(salt, items === undefined ? [interactions] : [interactions, items]);
  return {
    name: `CSV from ${interactions}`,
    fingerprint,
    read: async (signal) => {
      const catalogue = items === undefined ? [] : await readItems(items, options, signal);
      const table = await readInteractions(options, signal);
      const prefix = `csv:${fingerprint.slice(0, 12)}`;
      return { items: catalogue, interactionCount: table.length, interactions: () => table.byTime(prefix) };
    },
  };
}

async function readInteractions(options: CsvOptions, signal: AbortSignal): Promise<InteractionTable> {
  const table = new InteractionTable();
  const { interactions: file, user, item, time, kind, value } = options;
  const needed = [user, item, time, kind, value].filter((column) => column !== undefined);
  for await (const row of readRows(file, options.separator, needed, signal)) {
    table.add({
      userId: row.required(user),
      itemId: row.required(item),
      kind: kind === undefined ? 'view' : row.required(kind),
      value: value === undefined ? null : row.number(value),
      occurredAt: row.time(time, options.timeUnit),
    });
  }
  if (table.length === 0) throw new UserError(`${file} holds no interaction`);
  return table;
}

async function readItems(file: string, options: CsvOptions, signal: AbortSignal): Promise<CatalogueItem[]> {
  const { item, title, attributes, multiSeparator } = options;
  const needed = [item, ...attributes, ...(title === undefined ? [] : [title])];
  const items: CatalogueItem[] = [];
  for await (const row of readRows(file, options.separator, needed, signal)) {
    const itemId = row.required(item);
    const named = attributes.flatMap((column) =>
      row.several(column, multiSeparator).map((text) => `${column}/${text}`),
    );
    items.push({
      itemId,
      title: title === undefined ? itemId : row.text(title) || itemId,
      attributes: [...new Set(named)],
      markets: null,
      minimumAge: null,
      addedAt: null,
    });
  }
  return items;
}

/** One line of a CSV file; what is wrong with it is said with file, line and column. */
class CsvRow {
  constructor(
    private readonly file: string,
    private readonly line: number,
    private readonly fields: Readonly<Record<string, string | undefined>>,
  ) {}

  text(column: string): string {
    return this.fields[column]?.trim() ?? '';
  }

  required(column: string): string {
    return this.text(column) || this.fail(column, 'is empty');
  }

  several(column: string, separator: string): string[] {
    const texts = this.text(column).split(separator);
    return texts.map((text) => text.trim()).filter((text) => text !== '');
  }

  /** Null for an empty field. */
  number(column: string): number | null {
    const text = this.text(column);
    if (text === '') return null;
    const value = Number(text);
    return Number.isFinite(value) ? value : this.fail(column, `is no number: ${JSON.stringify(text)}`);
  }

  /** ms; from 1970 to 2100, so that a wrong unit is noticed. */
  time(column: string, unit: TimeUnit): number {
    const text = this.required(column);
    const value = unit === 'iso' ? Date.parse(text) : Number(text) * (unit === 's' ? 1000 : 1);
    if (Number.isFinite(value) && value >= 0 && value < Date.UTC(2100, 0)) return Math.round(value);
    return this.fail(column, `is no time in ${unit}: ${JSON.stringify(text)} (see --time-unit)`);
  }

  private fail(column: string, what: string): never {
    throw new UserError(`${this.file}, line ${this.line}: column ${column} ${what}`);
  }
}

async function* readRows(
  file: string,
  separator: string,
  needed: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<CsvRow> {
  const columns = (header: string[]): string[] => {
    const missing = needed.filter((column) => !header.includes(column));
    if (missing.length === 0) return header;
    throw new UserError(`${file} has no column ${missing.join(', ')}; its columns are ${header.join(', ')}`);
  };
  const bytes = openFile(file);
  const parser = parse({ columns, delimiter: separator, bom: true, info: true, skip_empty_lines: true });
  bytes.once('error', (error) => parser.destroy(new UserError(`cannot read ${file}: ${error.message}`)));
  try {
    for await (const row of bytes.pipe(parser)) {
      signal.throwIfAborted();
      const { record, info } = row as { record: Record<string, string>; info: { lines: number } };
      yield new CsvRow(file, info.lines, record);
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
