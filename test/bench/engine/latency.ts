/**
 * `npm run bench -- engine-latency`, and the end of `engine`: how long a list takes when requests arrive one by one at several rates, as those of
 * many users do: event loop, queue, batch, worker and back. Arrivals are a Poisson process; rates are shares of what the
 * engine makes when there is always work, measured first in the same run.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../../offline/random.js';
import { PAPER_SHAPE } from '../../../offline/train/gptrec-training.js';
import { createOnnxEngine } from '../../../src/adapters/onnx/onnx-engine.js';
import type { LoadedModel } from '../../../src/ports/engine.js';
import { wholeNumber } from '../../../src/terminal/arguments.js';
import type { AddCommand, Bench } from '../command.js';
import { type Percentiles, percentiles } from '../stream/plan.js';
import { Audience } from './audience.js';
import { FEATURES, randomCheckpoint } from './workload.js';

interface Options {
  readonly users: number;
  readonly items: number;
  readonly seconds: number;
  readonly json?: true;
}

interface Load extends Percentiles {
  readonly share: number;
  readonly perSecond: number;
  readonly refused: number;
}

/** Users, and seconds of each measurement. */
export const ARRIVALS = { users: 4_000, seconds: 10 } as const;
const SHARES = [0.1, 0.25, 0.5, 0.8];
const CACHE_BYTES = 2 ** 31;
const QUEUE = 1024;
/** Requests under way while the engine's rate is measured. */
const CALL = 500;
/** Between two looks at what has arrived, ms. */
const TICK_MS = 1;

export const addEngineLatency: AddCommand = (program, bench) => {
  const count = wholeNumber(1);
  program
    .command('engine-latency')
    .description('how long a list takes at several rates of arrival, one worker')
    .option('--users <n>', 'users, half of whom steer', count, ARRIVALS.users)
    .option('--items <n>', 'items of the catalogue', count, 26_744)
    .option('--seconds <n>', 'of each measurement', count, ARRIVALS.seconds)
    .option('--json', 'print the result as JSON')
    .action(async (options: Options) => {
      const result = await measureArrivals(options, bench);
      bench.print(options.json ? JSON.stringify(result) : arrivalsTable(result));
    });
};

export interface Arrivals {
  readonly perSecond: number;
  readonly loads: readonly Load[];
}

export async function measureArrivals(
  { users, items, seconds }: Omit<Options, 'json'>,
  bench: Bench,
): Promise<Arrivals> {
  const engine = createOnnxEngine({ provider: 'cpu', threads: 1, cacheBytes: CACHE_BYTES, queue: QUEUE });
  const model = await engine.load(randomCheckpoint(items));
  const { window } = PAPER_SHAPE;
  const audience = new Audience({ users, items, window, features: FEATURES, layer: 2, median: 60, sigma: 0.8 });
  try {
    for (let from = 0; from < users; from += CALL) await model.recommend(batch(audience, CALL, (i) => from + i));
    const perSecond = await rate(model, audience, seconds, bench);
    bench.say(`${perSecond} lists/s with always enough to do`);
    const loads: Load[] = [];
    for (const share of SHARES) {
      bench.signal.throwIfAborted();
      const load = await arrivals(model, audience, Math.round(perSecond * share), seconds);
      loads.push({ share, ...load });
      bench.say(`${load.perSecond} lists/s: p50 ${load.p50} ms, p99 ${load.p99} ms`);
    }
    return { perSecond, loads };
  } finally {
    model.dispose();
  }
}

const batch = (audience: Audience, count: number, userOf: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => next(audience, userOf(i) % audience.users));

/** One event more of a user; every second one steers. */
function next(audience: Audience, user: number) {
  audience.interact(user);
  return audience.request(user, user % 2);
}

async function rate(model: LoadedModel, audience: Audience, seconds: number, { signal }: Bench): Promise<number> {
  const started = performance.now();
  let lists = 0;
  while (performance.now() - started < seconds * 1000 && !signal.aborted)
    lists += (await model.recommend(batch(audience, CALL, () => audience.anyone()))).length;
  return Math.round((lists * 1000) / (performance.now() - started));
}

async function arrivals(
  model: LoadedModel,
  audience: Audience,
  perSecond: number,
  seconds: number,
): Promise<Omit<Load, 'share'>> {
  const random = createRandom(perSecond);
  const took: number[] = [];
  const waiting = new Set<Promise<void>>();
  let refused = 0;
  const started = performance.now();
  let due = started;
  while (due < started + seconds * 1000) {
    for (; due <= performance.now(); due -= (Math.log(1 - random.random()) * 1000) / perSecond) {
      const arrived = due;
      const one = model.recommend([next(audience, audience.anyone())]).then(
        () => void took.push(performance.now() - arrived),
        () => void (refused += 1),
      );
      waiting.add(one);
      void one.finally(() => waiting.delete(one));
    }
    await sleep(TICK_MS);
  }
  await Promise.all(waiting);
  return { perSecond, refused, ...percentiles(took) };
}

export const arrivalsTable = ({ perSecond, loads }: Arrivals): string =>
  [
    `${perSecond} lists/s with always enough to do, one worker`,
    '',
    '| load | lists/s | p50, ms | p99, ms | refused |',
    '| --- | --- | --- | --- | --- |',
    ...loads.map(
      (load) => `| ${load.share * 100} % | ${load.perSecond} | ${load.p50} | ${load.p99} | ${load.refused} |`,
    ),
  ].join('\n');
