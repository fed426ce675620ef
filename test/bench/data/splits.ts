/**
 * The splits alone, on more interactions than one imports in a coffee break: `npm run bench -- data-splits --events
 * 100000000`. Starts from accepted interactions as Parquet, made by a query, and goes on as the dataset step does.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Option } from 'commander';
import { viewAccepted } from '../../../offline/dataset/accepted.js';
import { readParts, readVocabulary } from '../../../offline/dataset/sequences-of-split.js';
import { SPLIT_KINDS, type SplitKind } from '../../../offline/dataset/sequences.js';
import { runSplitSql } from '../../../offline/dataset/split-sql.js';
import { writeSplit } from '../../../offline/dataset/write-split.js';
import { type DuckDb, literal, openDuckDb } from '../../../offline/duckdb.js';
import { wholeNumber } from '../../../src/terminal/arguments.js';
import type { AddCommand } from '../command.js';

interface SplitsOptions {
  readonly dir: string;
  readonly events: number;
  readonly items: number;
  readonly memory: number;
  readonly split: SplitKind;
}

const EVENTS_PER_USER = 100;

export const addDataSplits: AddCommand = (program, { say, print }) => {
  program
    .command('data-splits')
    .description('time and peak memory of a split of interactions that are Parquet already; prints JSON')
    .requiredOption('--dir <folder>', 'gets the Parquet and the split, about 60 bytes an event')
    .option('--events <number>', 'interactions, a hundred a user', wholeNumber(10_000), 100_000_000)
    .option('--items <number>', 'of them', wholeNumber(10), 50_000)
    .option('--memory <mb>', 'what DuckDB may hold', wholeNumber(64), 1024)
    .addOption(new Option('--split <kind>', 'which').choices(SPLIT_KINDS).default('paper'))
    .action(async (options: SplitsOptions) => {
      const { events, items, memory, split } = options;
      const folder = resolve(options.dir);
      await using database = await openDuckDb({ memoryMb: memory, spill: join(folder, 'spill') });
      await makeAccepted(database, folder, options);
      const started = performance.now();
      const seconds = (): number => Math.round((performance.now() - started) / 1000);
      await makeSplit(database, folder, options, (name) => {
        say(`${seconds()} s: ${name}`);
      });
      const peakMb = Math.round(process.resourceUsage().maxRSS / 1024);
      print(
        JSON.stringify({ split, events, users: events / EVENTS_PER_USER, items, memory, seconds: seconds(), peakMb }),
      );
    });
};

async function makeSplit(
  { connection }: DuckDb,
  folder: string,
  { split: kind, events }: SplitsOptions,
  onTable: (name: string) => void,
): Promise<void> {
  await viewAccepted(connection, folder);
  await runSplitSql(connection, { kind, seed: 1, folder: join(folder, 'tables'), onTable });
  const { items } = await readVocabulary(connection);
  const parts = await readParts(connection, kind, { users: events / EVENTS_PER_USER, interactions: events });
  onTable('columns.bin');
  const texts = { snapshot: {}, titles: items, attributeNames: [], attributeItems: [] };
  await writeSplit(folder, { kind, seed: 1, items, ...texts }, parts);
}

/** Users begin over three quarters of a year and take an item every hour or two, few items often. */
async function makeAccepted({ connection }: DuckDb, folder: string, { events, items }: SplitsOptions): Promise<void> {
  mkdirSync(join(folder, 'interactions'), { recursive: true });
  const users = Math.floor(events / EVENTS_PER_USER);
  const copy = async (query: string, file: string): Promise<void> => {
    await connection.run(`COPY (${query}) TO ${literal(join(folder, file))} (FORMAT parquet, COMPRESSION zstd)`);
  };
  await copy(
    `SELECT
      CAST(n // ${EVENTS_PER_USER} AS INTEGER) AS user_number,
      CAST(n % ${EVENTS_PER_USER} AS INTEGER) AS place,
      CAST(FLOOR(${items} * POW(hash(n) / 18446744073709551616.0, 3)) AS INTEGER) AS item_number,
      1577836800000 + CAST(hash(n // ${EVENTS_PER_USER}) % 23000000000 AS BIGINT) + (n % ${EVENTS_PER_USER}) * 5000000 AS time_ms
    FROM range(${users * EVENTS_PER_USER}) AS rows(n)`,
    join('interactions', '00000.parquet'),
  );
  await copy(
    `SELECT CAST(n AS INTEGER) AS user_number, 'u' || n AS user_id FROM range(${users}) AS rows(n)`,
    'users.parquet',
  );
  await copy(
    `SELECT CAST(n AS INTEGER) AS item_number, 'i' || n AS item_id FROM range(${items}) AS rows(n)`,
    'items.parquet',
  );
}
