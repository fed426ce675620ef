/**
 * The splits are SQL that one can read: sql/README.md says how the files hang together. Here DuckDB runs them, each
 * result to Parquet, so that memory stays bounded whatever the size of the log.
 */
import { existsSync, globSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { writeDraw } from './draw.js';
import { makeTable } from './parquet-tables.js';
import type { SplitKind } from './sequences.js';

export interface SplitSqlOptions {
  readonly kind: SplitKind;
  readonly seed: number;
  /** Gets `NAME.parquet` for every table. */
  readonly folder: string;
  /** Called before each table. */
  readonly onTable?: (name: string) => void;
}

/** Makes every table of the split, from the tables `interactions`, `users` and `items` of the connection. */
export async function runSplitSql(connection: DuckDBConnection, options: SplitSqlOptions): Promise<void> {
  const { kind, seed, folder, onTable } = options;
  await mkdir(folder, { recursive: true });
  for (const file of splitFiles(kind)) {
    const name = tableName(file);
    onTable?.(name);
    const query = await readFile(file, 'utf8');
    await makeTable(connection, name, query, join(folder, `${name}.parquet`));
    // How many are drawn is known only now.
    if (name === 'trainable') await writeDraw(connection, seed, join(folder, 'draw.parquet'));
  }
}

/** The files of a split, in their order. */
export function splitFiles(kind: SplitKind): string[] {
  const files = globSync([`${kind}/*.sql`, 'shared/*.sql'], { cwd: sqlFolder() });
  const inOrder = files.sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
  return inOrder.map((file) => join(sqlFolder(), file));
}

/** `sequences` of `70-sequences.sql`. */
const tableName = (file: string): string => basename(file, '.sql').replace(/^\d+-/, '');

/** The compiler copies no SQL: it is looked for upwards, from here or from dist/. */
function sqlFolder(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'offline', 'dataset', 'sql');
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) throw new Error(`there is no offline/dataset/sql above ${import.meta.dirname}`);
  }
}
