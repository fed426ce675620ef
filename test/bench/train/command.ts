/**
 * `npm run bench -- train`: tokens a second of GPTRec's training and activations a second of the SAE's, native and
 * WebAssembly, beside an eager PyTorch script of the same model in the same run, where a Python with torch is found.
 */
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Option } from 'commander';
import { LARGE_ALLOCATIONS_KEPT } from '../../../offline/native-memory.js';
import { PAPER_FEATURES, PAPER_SAE } from '../../../offline/sae/dictionary.js';
import { threadsFor } from '../../../offline/sae/threads.js';
import { PAPER_SHAPE, PAPER_TRAINING } from '../../../offline/train/gptrec-training.js';
import { addonPath } from '../../../src/adapters/tfjs/runtime.js';
import { wholeNumber } from '../../../src/terminal/arguments.js';
import type { AddCommand, Bench } from '../command.js';
import { median } from '../median.js';
import { sourceOf } from '../source.js';
import type { Part, PartTimings, Timings, TrainPlan } from './plan.js';

interface Options {
  readonly items: number;
  readonly steps: number;
  readonly rounds: number;
  readonly threads: number;
  readonly python: string;
  readonly json?: true;
}

const RUNTIMES = ['tensorflow', 'wasm', 'pytorch'] as const;
type RuntimeName = (typeof RUNTIMES)[number];

interface Rates {
  readonly tokensPerSecond: number;
  readonly activationsPerSecond: number;
  /** Resident, of the whole process. */
  readonly peakMiB: number;
}

/** Medians of the rounds. */
interface Result {
  readonly plan: TrainPlan;
  readonly rates: Readonly<Partial<Record<RuntimeName, Rates>>>;
  /** Native over PyTorch, medians of the rounds' ratios; where there are both. */
  readonly ratio?: { readonly gptrec: number; readonly sae: number };
}

/** WebAssembly is many times slower, and needs no more steps to be told apart. */
const WASM_SHARE = 0.25;
const WARM_UP = 2;

export const addTrain: AddCommand = (program, bench) => {
  program
    .command('train')
    .description('training speed of GPTRec and the SAE, native and WebAssembly, beside eager PyTorch in the same run')
    .option('--items <n>', 'size of the catalogue', wholeNumber(2), 3_597)
    .option('--steps <n>', 'timed steps of GPTRec in a round; of the SAE ten times as many', wholeNumber(1), 8)
    .option('--rounds <n>', 'each runtime in turn, of which the medians are told', wholeNumber(1), 3)
    .option(
      '--threads <n>',
      'of one operation; native TensorFlow trains a small SAE with one in any case',
      wholeNumber(1),
      availableParallelism(),
    )
    .addOption(new Option('--python <path>', 'a Python with torch').default('python3').env('PYTHON'))
    .option('--json', 'print the result as JSON')
    .action(async (options: Options) => {
      const result = await measure(options, bench);
      bench.print(options.json ? JSON.stringify(result) : table(result));
    });
};

async function measure({ items, steps, rounds, threads, python }: Options, bench: Bench): Promise<Result> {
  const { batch, dropout } = PAPER_TRAINING;
  const plan: TrainPlan = {
    gptrec: { items, ...PAPER_SHAPE, batch, dropout, steps },
    sae: { features: PAPER_FEATURES, batch: PAPER_SAE.batch, l1: PAPER_SAE.l1, steps: 10 * steps },
    warmUp: WARM_UP,
    threads,
  };
  const found = await runtimes(python, bench);
  const measured: Partial<Record<RuntimeName, Rates>>[] = [];
  for (let round = 1; round <= rounds; round++) {
    const rates: Partial<Record<RuntimeName, Rates>> = {};
    for (const name of found) {
      rates[name] = ratesOf(await timingsOf(name, plan, python, bench.signal), plan);
      bench.say(`round ${round} of ${rounds}, ${name}: ${describe(rates[name])}`);
    }
    measured.push(rates);
  }
  const of = (name: RuntimeName, value: (rates: Rates) => number): number =>
    median(measured.flatMap((rates) => (rates[name] ? [value(rates[name])] : [])));
  const ratio = (value: (rates: Rates) => number): number =>
    median(
      measured.map(({ tensorflow, pytorch }) =>
        tensorflow && pytorch ? value(tensorflow) / value(pytorch) : Number.NaN,
      ),
    );
  return {
    plan,
    rates: Object.fromEntries(
      found.map((name) => [
        name,
        {
          tokensPerSecond: of(name, ({ tokensPerSecond }) => tokensPerSecond),
          activationsPerSecond: of(name, ({ activationsPerSecond }) => activationsPerSecond),
          peakMiB: of(name, ({ peakMiB }) => peakMiB),
        },
      ]),
    ),
    ...(found.includes('tensorflow') &&
      found.includes('pytorch') && {
        ratio: {
          gptrec: ratio(({ tokensPerSecond }) => tokensPerSecond),
          sae: ratio(({ activationsPerSecond }) => activationsPerSecond),
        },
      }),
  };
}

/** Those that this machine has; says how to get the others. */
async function runtimes(python: string, { say }: Bench): Promise<readonly RuntimeName[]> {
  const isNative = existsSync(addonPath());
  if (!isNative) say('native TensorFlow is not prepared: run `npm run native -- cpu` (or gpu) to measure it too');
  const isTorch = await promisify(execFile)(python, ['-c', 'import torch']).then(
    () => true,
    () => false,
  );
  if (!isTorch) say(`${python} has no torch: install it, or name another with --python, to measure PyTorch too`);
  return RUNTIMES.filter((name) => name === 'wasm' || (name === 'pytorch' ? isTorch : isNative));
}

async function timingsOf(name: RuntimeName, plan: TrainPlan, python: string, signal: AbortSignal): Promise<Timings> {
  // As the command line trains; PyTorch gains a little by it too.
  const env = { ...process.env, GLIBC_TUNABLES: LARGE_ALLOCATIONS_KEPT };
  if (name === 'pytorch') {
    const { stdout } = await promisify(execFile)(
      python,
      [sourceOf('test', 'bench', 'train', 'eager.py'), JSON.stringify(plan)],
      { signal, env },
    );
    return JSON.parse(stdout) as Timings;
  }
  const scaled = name === 'wasm' ? withShare(plan, WASM_SHARE) : plan;
  const few = Math.min(plan.threads, threadsFor(plan.sae.batch, [plan.sae]) ?? plan.threads);
  const gptrec = await partTimings([name, 'gptrec', scaled], plan.threads, env, signal);
  const sae = await partTimings([name, 'sae', scaled], few, env, signal);
  return { gptrec: gptrec.ms, sae: sae.ms, peakBytes: Math.max(gptrec.peakBytes, sae.peakBytes) };
}

/** In a process of its own, as the command line has one for each. */
async function partTimings(
  work: readonly [RuntimeName, Part, TrainPlan],
  threads: number,
  given: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<PartTimings> {
  const env = { ...given, TF_NUM_INTRAOP_THREADS: String(threads) };
  const child = fork(join(import.meta.dirname, 'worker.js'), [JSON.stringify(work)], { signal, env });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the process that measures ${work[0]} ended with ${code}`);
  });
  const [timings] = (await Promise.race([once(child, 'message'), failed])) as [PartTimings];
  failed.catch(() => undefined);
  return timings;
}

function withShare({ gptrec, sae, ...rest }: TrainPlan, share: number): TrainPlan {
  const part = (steps: number): number => Math.max(1, Math.round(steps * share));
  return { ...rest, gptrec: { ...gptrec, steps: part(gptrec.steps) }, sae: { ...sae, steps: part(sae.steps) } };
}

function ratesOf({ gptrec, sae, peakBytes }: Timings, plan: TrainPlan): Rates {
  const perSecond = (count: number, ms: readonly number[]): number => Math.round((count * 1000) / median(ms));
  return {
    tokensPerSecond: perSecond(plan.gptrec.batch * plan.gptrec.window, gptrec),
    activationsPerSecond: perSecond(plan.sae.batch, sae),
    peakMiB: Math.round(peakBytes / 2 ** 20),
  };
}

const describe = ({ tokensPerSecond, activationsPerSecond, peakMiB }: Rates): string =>
  `GPTRec ${tokensPerSecond} tokens/s, SAE ${activationsPerSecond} activations/s, at most ${peakMiB} MiB`;

function table({ plan, rates, ratio }: Result): string {
  const { items, width, heads, layers, window, batch } = plan.gptrec;
  return [
    `${items} items, width ${width}, ${heads} heads, ${layers} layers, window ${window}, ${batch} users a batch; SAE of ` +
      `${plan.sae.features} features; ${plan.threads} threads`,
    '',
    '| runtime | GPTRec, tokens/s | SAE, activations/s | peak memory, MiB |',
    '| --- | --- | --- | --- |',
    ...Object.entries(rates).map(
      ([name, { tokensPerSecond, activationsPerSecond, peakMiB }]) =>
        `| ${name} | ${tokensPerSecond} | ${activationsPerSecond} | ${peakMiB} |`,
    ),
    ...(ratio ? ['', `native / PyTorch: GPTRec ${ratio.gptrec.toFixed(2)}, SAE ${ratio.sae.toFixed(2)}`] : []),
  ].join('\n');
}
