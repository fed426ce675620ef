/**
 * Whether memory stays bounded on a large log: `npm run bench -- data --events 20000000`. Makes interactions as Parquet,
 * imports them as anybody's, makes datasets, each step a process of its own, and prints what each took.
 */
import { mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Option } from 'commander';
import { literal, openDuckDb } from '../../../offline/duckdb.js';
import { SPLIT_KINDS, type SplitKind } from '../../../offline/dataset/sequences.js';
import { wholeNumber } from '../../../src/terminal/arguments.js';
import type { AddCommand } from '../command.js';
import { measured, type Measured } from './measured.js';

interface DataOptions {
  readonly dir: string;
  readonly events: number;
  readonly users: number;
  readonly items: number;
  readonly memory: number;
  readonly split: readonly SplitKind[];
}

export const addData: AddCommand = (program, { signal, say, print }) => {
  program
    .command('data')
    .description('time and peak memory of import and dataset on a large synthetic log; prints JSON')
    .requiredOption('--dir <folder>', 'gets the log and the datasets, about 300 bytes an event')
    .option('--events <number>', 'interactions', wholeNumber(1000), 20_000_000)
    .option('--users <number>', 'of them', wholeNumber(100), 200_000)
    .option('--items <number>', 'of them', wholeNumber(10), 50_000)
    .option('--memory <mb>', 'what DuckDB may hold', wholeNumber(64), 1024)
    .addOption(new Option('--split <kinds...>', 'which datasets').choices(SPLIT_KINDS).default(['paper']))
    .action(async (options: DataOptions) => {
      const dir = resolve(options.dir);
      mkdirSync(dir, { recursive: true });
      const file = join(dir, 'interactions.parquet');
      await makeInteractions(file, options);
      const steps: (Measured & { readonly step: string })[] = [];
      const run = async (...args: string[]): Promise<void> => {
        const step = args.filter((arg) => !arg.startsWith(dir)).join(' ');
        say(step);
        steps.push({ step, ...(await measured(['--dir', dir, ...args], signal, say)) });
      };
      await run('import', 'csv', '--interactions', file);
      for (const split of options.split) await run('dataset', '--split', split, '--memory', String(options.memory));
      const { events, users, items } = options;
      const logMb = Math.round(statSync(join(dir, 'log.sqlite')).size / 1e6);
      print(JSON.stringify({ events, users, items, logMb, steps }, undefined, 2));
    });
};

/** Few users do much, few items are taken often; users begin over ten months of a year. A function of the options. */
async function makeInteractions(file: string, { events, users, items }: DataOptions): Promise<void> {
  await using database = await openDuckDb();
  const uniform = (salt: number): string => `(hash(n, ${salt}) / 18446744073709551616.0)`;
  await database.connection.run(`
    COPY (
      WITH drawn AS (
        SELECT n, CAST(FLOOR(${users} * POW(${uniform(1)}, 1.5)) AS INTEGER) AS u, ${uniform(2)} AS taken, ${uniform(3)} AS late
        FROM range(${events}) AS rows(n)
      )
      SELECT
        'u' || u AS "user",
        'i' || CAST(FLOOR(${items} * POW(taken, 3)) AS INTEGER) AS item,
        1577836800 + CAST(FLOOR(hash(u) % 26000000 + late * (31500000 - hash(u) % 26000000)) AS BIGINT) AS time
      FROM drawn
    ) TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd)`);
}
