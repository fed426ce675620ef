/**
 * `npm run bench -- engine`: lists a second of the serving engine's model on one thread, beside the bare product of states
 * and items as its limit, full recompute, PyTorch and TensorFlow.js in the same run. What packs and keeps the caches is in.
 * Then how long a list takes at several rates of arrival.
 */
import { existsSync } from 'node:fs';
import { Option } from 'commander';
import { addonPath } from '../../../src/adapters/tfjs/runtime.js';
import { listOf, wholeNumber } from '../../../src/terminal/arguments.js';
import type { AddCommand, Bench } from '../command.js';
import { median } from '../median.js';
import { type Group, groupsOf } from './groups.js';
import { ARRIVALS, arrivalsTable, measureArrivals } from './latency.js';
import { pytorchRates } from './pytorch.js';

interface Options {
  readonly items: number;
  readonly batches: readonly number[];
  readonly catalogues: readonly number[];
  readonly rounds: number;
  readonly ms: number;
  readonly only?: string;
  readonly python: string;
  readonly json?: true;
}

/** Medians of the rounds; `share`: of the group's first way, the median of the rounds' ratios. */
interface Measured {
  readonly way: string;
  readonly perSecond: number;
  readonly share: number;
}

interface Result {
  readonly title: string;
  readonly ways: readonly Measured[];
}

export const addEngine: AddCommand = (program, bench) => {
  const count = wholeNumber(1);
  program
    .command('engine')
    .description(
      'lists a second of the engine on one thread, beside the bare product, PyTorch and TensorFlow.js; latency by load',
    )
    .option('--items <n>', 'size of the catalogue', wholeNumber(600), 26_744)
    .option('--batches <list>', 'users a batch', listOf(count), [1, 8, 64, 256, 1_024])
    .option('--catalogues <list>', 'further sizes of the catalogue', listOf(wholeNumber(600)), [100_000, 1_000_000])
    .option('--rounds <n>', 'each way of a group in turn, of which the medians are told', count, 5)
    .option('--ms <n>', 'of each measurement', count, 300)
    .option('--only <text>', 'groups whose title has it, and no latency')
    .addOption(new Option('--python <path>', 'a Python with torch').default('python3').env('PYTHON'))
    .option('--json', 'print the result as JSON')
    .action(async (options: Options) => {
      const groups = await measure(options, bench);
      const { items, only } = options;
      const arrivals = only === undefined ? await measureArrivals({ ...ARRIVALS, items }, bench) : undefined;
      const tables = [...groups.map(table), ...(arrivals ? [arrivalsTable(arrivals)] : [])];
      bench.print(options.json ? JSON.stringify({ groups, arrivals }) : tables.join('\n\n'));
    });
};

async function measure(options: Options, bench: Bench): Promise<Result[]> {
  const { items, batches, catalogues, only = '', python } = options;
  // Before TensorFlow is loaded: it asks once.
  process.env['TF_NUM_INTRAOP_THREADS'] = '1';
  const tfjs = existsSync(addonPath()) ? 'tensorflow' : 'wasm';
  const peers = await pytorchRates(python, items, bench);
  const groups = groupsOf({ items, batches, catalogues, tfjs, peers });
  const results: Result[] = [];
  for (const group of groups.filter(({ title }) => title.includes(only)))
    results.push(await measureGroup(group, options, bench));
  return results;
}

async function measureGroup(group: Group, { rounds, ms }: Options, { say, signal }: Bench): Promise<Result> {
  say(group.title);
  const { rates, close } = await group.open();
  const names = Object.keys(rates);
  const found: number[][] = [];
  for (let round = 0; round < rounds; round++) {
    const perSecond: number[] = [];
    for (const name of names) {
      signal.throwIfAborted();
      perSecond.push((await rates[name]?.(ms)) ?? Number.NaN);
    }
    found.push(perSecond);
  }
  await close();
  const ways = names.map((way, w) => ({
    way,
    perSecond: Math.round(median(found.map((round) => round[w] ?? Number.NaN))),
    share: Number(median(found.map((round) => (round[w] ?? 0) / (round[0] ?? 1))).toPrecision(3)),
  }));
  for (const { way, perSecond } of ways) say(`  ${way}: ${perSecond}/s`);
  return { title: group.title, ways };
}

const table = ({ title, ways }: Result): string =>
  [
    `${title}:`,
    '',
    '| way | lists/s | of the first |',
    '| --- | --- | --- |',
    ...ways.map(({ way, perSecond, share }) => `| ${way} | ${perSecond} | ${share} |`),
  ].join('\n');
