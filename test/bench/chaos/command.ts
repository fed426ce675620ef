/** `npm run bench -- chaos`: what dies, and whether the guarantee holds. */
import { type Command, InvalidArgumentError } from 'commander';
import { STEP_NAMES } from '../../../src/stream/steps.js';
import type { AddCommand } from '../command.js';
import type { ChaosResult } from './run.js';
import { runChaos } from './run.js';
import type { Emit } from './world.js';

const EMITS: readonly Emit[] = ['every-event', 'latest-per-batch'];
const SHOWN = 20;

interface Options {
  readonly kills: number;
  readonly seed: number;
  readonly json?: true;
}

export const addChaos: AddCommand = (program: Command, { signal, say, print }) => {
  program
    .command('chaos')
    .description('kills instances, broker and Redis at every step, then checks every list with an oracle of its own')
    .option('--kills <number>', 'how many SIGKILLs; both modes of emission get half of them', positive, 30)
    .option('--seed <number>', 'the same seed draws the same faults and events', positive, Date.now() % 100_000)
    .option('--json', 'print the result as JSON')
    .action(async ({ kills, seed, json }: Options) => {
      const result = await runChaos({ kills, seed, emits: EMITS, signal, say });
      print(json ? JSON.stringify(result, undefined, 2) : table(result));
      if (result.folder === undefined) return;
      for (const { emit, differences } of result.parts) {
        if (differences.length === 0) continue;
        say(`\n${emit}: the guarantee is broken ${differences.length} times (seed ${seed}, logs in ${result.folder}):`);
        for (const one of differences.slice(0, SHOWN)) say(`  - ${one}`);
      }
      process.exitCode = 1;
    });
};

function positive(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}

function table({ seed, parts }: ChaosResult): string {
  const row = (name: string, of: (part: ChaosResult['parts'][number]) => string | number): string =>
    `${name.padEnd(44)}${parts.map((part) => String(of(part)).padStart(18)).join('')}`;
  const wait = (name: string, { recoveries }: ChaosResult['parts'][number]): string => {
    const found = recoveries[name];
    return found ? `${(found.median / 1000).toFixed(1)} / ${(found.longest / 1000).toFixed(1)}` : '-';
  };
  const waits = [...new Set(parts.flatMap((part) => Object.keys(part.recoveries)))].sort();
  const faults = [...new Set(parts.flatMap((part) => Object.keys(part.faults)))].sort();
  return [
    row(`seed ${seed}`, ({ emit }) => emit),
    row('seconds', ({ seconds }) => seconds),
    row('kills', ({ kills }) => kills),
    ...faults.map((name) => row(`  ${name}`, (part) => part.faults[name] ?? 0)),
    'kills at each step',
    ...STEP_NAMES.map((step) => row(`  ${step}`, (part) => part.steps[step] ?? 0)),
    'until every task goes on, s: median / longest',
    ...waits.map((name) => row(`  ${name}`, (part) => wait(name, part))),
    row('input records', ({ inputs = '-' }) => inputs),
    row('lists', ({ lists = '-' }) => lists),
    row('dead letters', ({ deadLetters = '-' }) => deadLetters),
    row('repeats and ignored', ({ unchanged = '-' }) => unchanged),
    row('expiries by owners', ({ expiries = '-' }) => expiries),
    row('checkpoints that served', ({ checkpoints = '-' }) => checkpoints),
    row('breaks of the guarantee', ({ differences }) => differences.length),
  ].join('\n');
}
