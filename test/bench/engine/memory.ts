/**
 * `npm run bench -- engine-memory`: what a user whose window is kept costs, by the length of the window; the
 * resident set with many of them; and whether it grows while lists are made for as long as one likes.
 *
 * The heaps of the main thread and of the workers rise and fall by a hundred MiB, as V8 sizes their young generations and
 * collects the old ones every few minutes: they are told beside the whole, and the greatest of some minutes says more than
 * a moment.
 */
import { getHeapStatistics } from 'node:v8';
import type { Worker } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';
import { PAPER_SHAPE } from '../../../offline/train/gptrec-training.js';
import { createOnnxEngine } from '../../../src/adapters/onnx/onnx-engine.js';
import type { EngineObserver, LoadedModel } from '../../../src/ports/engine.js';
import { chunkStep } from '../../../src/recommend/window.js';
import { wholeNumber } from '../../../src/terminal/arguments.js';
import type { AddCommand, Bench } from '../command.js';
import { Audience, type AudienceOptions } from './audience.js';
import { FEATURES, randomCheckpoint } from './workload.js';

interface Options {
  readonly users: number;
  readonly median: number;
  readonly sigma: number;
  readonly items: number;
  readonly cacheMb: number;
  readonly threads: number;
  readonly minutes: number;
  readonly json?: true;
}

const MIB = 2 ** 20;
/** Users asked for in one call, as a batch of the stream. */
const CALL = 500;
/** Between two looks at the process, ms. */
const LOOK_MS = 10_000;
/** Of the soak: a share of lists after a slider was moved, not after an event. */
const SLIDERS = 0.1;
const LENGTHS = [1, 5, 10, 20, 30, 48, 64];

/** Parts of a soak, of each of which the greatest is told. */
const PARTS = 6;

/** What the process is at a moment. */
interface Look {
  readonly minute: number;
  readonly lists: number;
  readonly residentMiB: number;
  readonly keptMiB: number;
  /** JavaScript's, of all threads, as far as memory stands behind them; pages that V8 keeps for later are not in it. */
  readonly heapMiB: number;
}

export const addEngineMemory: AddCommand = (program, bench) => {
  const count = wholeNumber(1);
  program
    .command('engine-memory')
    .description('what users cost whose windows are kept; the resident set; its growth over a soak')
    .option('--users <n>', 'users', count, 100_000)
    .option('--median <n>', 'interactions of a user: the median of a log-normal distribution', count, 30)
    .option('--sigma <n>', 'the standard deviation of their logarithm', Number, 1.2)
    .option('--items <n>', 'items of the catalogue', count, 26_744)
    .option('--cache-mb <n>', 'bound of what is kept, MiB', count, 8192)
    .option('--threads <n>', 'workers', count, 1)
    .option('--minutes <n>', 'length of the soak; 0: none', Number, 1)
    .option('--json', 'print the result as JSON')
    .action(async (options: Options) => {
      const result = await measure(options, bench);
      bench.print(options.json ? JSON.stringify(result) : table(result));
    });
};

interface Result {
  readonly options: Options;
  readonly bytesByLength: Readonly<Record<number, number>>;
  readonly meanWindow: number;
  readonly keptMiB: number;
  readonly emptyMiB: number;
  readonly residentMiB: number;
  readonly bytesPerUser: number;
  readonly fillPerSecond: number;
  readonly soak: readonly Look[];
  readonly soakPerSecond: number;
  /** The greatest `residentMiB` of the last part less that of the one up to half time. */
  readonly growthMiB: number;
}

async function measure(options: Options, bench: Bench): Promise<Result> {
  const checkpoint = randomCheckpoint(options.items);
  const kept = { bytes: 0 };
  const observer: EngineObserver = {
    looked: () => undefined,
    ranked: ({ cachedBytes }) => (kept.bytes = cachedBytes),
    refused: () => undefined,
    workerDied: () => undefined,
    broke: () => undefined,
  };
  const { threads, cacheMb } = options;
  const workers = new Set<Worker>();
  process.on('worker', (worker) => {
    workers.add(worker);
    worker.once('exit', () => workers.delete(worker));
  });
  const engine = createOnnxEngine({ provider: 'cpu', threads, cacheBytes: cacheMb * MIB, queue: 10_000, observer });
  const model = await engine.load(checkpoint);
  try {
    const bytesByLength = await byLength(model, options, kept);
    const audience = new Audience(audienceOf(options));
    const emptyMiB = resident();
    const before = kept.bytes;
    const fillPerSecond = await fill(model, audience, bench);
    const residentMiB = resident();
    const { looks, perSecond } = await soak(model, audience, options.minutes, kept, workers, bench);
    const lengths = Array.from({ length: audience.users }, (_, user) => audience.windowLengthOf(user));
    return {
      options,
      bytesByLength,
      meanWindow: lengths.reduce((sum, length) => sum + length, 0) / lengths.length,
      keptMiB: Math.round((kept.bytes - before) / MIB),
      emptyMiB,
      residentMiB,
      bytesPerUser: Math.round(((residentMiB - emptyMiB) * MIB) / audience.users),
      fillPerSecond,
      soak: looks,
      soakPerSecond: perSecond,
      growthMiB: grown(looks),
    };
  } finally {
    model.dispose();
  }
}

/** By part of the soak, the greatest of everything. */
function partsOf(looks: readonly Look[]): Look[] {
  const size = Math.max(1, Math.ceil(looks.length / PARTS));
  return Array.from({ length: Math.ceil(looks.length / size) }, (_, part) =>
    looks.slice(part * size, (part + 1) * size).reduce((most, look) => ({
      minute: look.minute,
      lists: look.lists,
      residentMiB: Math.max(most.residentMiB, look.residentMiB),
      keptMiB: Math.max(most.keptMiB, look.keptMiB),
      heapMiB: Math.max(most.heapMiB, look.heapMiB),
    })),
  );
}

function grown(looks: readonly Look[]): number {
  const parts = partsOf(looks);
  return (parts.at(-1)?.residentMiB ?? 0) - (parts[Math.ceil(parts.length / 2) - 1]?.residentMiB ?? 0);
}

const audienceOf = ({ users, items, median, sigma }: Options): AudienceOptions => ({
  users,
  items,
  median,
  sigma,
  window: PAPER_SHAPE.window,
  features: FEATURES,
  layer: 2,
});

/** What a window of each length takes, by the difference of a hundred. */
async function byLength(
  model: LoadedModel,
  options: Options,
  kept: { bytes: number },
): Promise<Record<number, number>> {
  const bytes: Record<number, number> = {};
  for (const [i, length] of LENGTHS.entries()) {
    const before = kept.bytes;
    const some = new Audience({ ...audienceOf(options), users: 100, median: length, sigma: 0 });
    const requests = Array.from({ length: 100 }, (_, user) => some.request(user));
    // Windows of other items than those of other lengths, or they would be extended.
    const own = requests.map((one) => ({ ...one, window: one.window.map((item) => (item + i + 1) % options.items) }));
    await model.recommend(own);
    bytes[length] = Math.round((kept.bytes - before) / 100);
  }
  return bytes;
}

/** Everyone once. @returns users a second */
async function fill(model: LoadedModel, audience: Audience, bench: Bench): Promise<number> {
  const started = performance.now();
  for (let from = 0; from < audience.users && !bench.signal.aborted; from += CALL) {
    const users = Array.from({ length: Math.min(CALL, audience.users - from) }, (_, i) => from + i);
    await model.recommend(users.map((user) => audience.request(user)));
    if (from % 10_000 === 0) bench.say(`${from} users, ${resident()} MiB resident`);
  }
  return Math.round((audience.users * 1000) / (performance.now() - started));
}

async function soak(
  model: LoadedModel,
  audience: Audience,
  minutes: number,
  kept: { readonly bytes: number },
  workers: ReadonlySet<Worker>,
  { signal, say }: Bench,
) {
  const looks: Look[] = [];
  const started = performance.now();
  const elapsed = (): number => performance.now() - started;
  let lists = 0;
  while (elapsed() < minutes * 60_000 && !signal.aborted) {
    const requests = Array.from({ length: CALL }, () => {
      const user = audience.anyone();
      if (audience.chance(SLIDERS)) return audience.request(user, 1);
      audience.interact(user);
      return audience.request(user);
    });
    lists += (await model.recommend(requests)).length;
    if (elapsed() < (looks.length + 1) * LOOK_MS) continue;
    await sleep(0);
    const [residentMiB, keptMiB, heapMiB] = [resident(), Math.round(kept.bytes / MIB), await heaps(workers)];
    looks.push({ minute: elapsed() / 60_000, lists, residentMiB, keptMiB, heapMiB });
    say(`${Math.round(elapsed() / 1000)} s: ${lists} lists, MiB: ${residentMiB} resident, ${heapMiB} heaps`);
  }
  return { looks, perSecond: Math.round((lists * 1000) / elapsed()) };
}

async function heaps(workers: ReadonlySet<Worker>): Promise<number> {
  // One that has nothing to do does not keep the process alive.
  for (const worker of workers) worker.ref();
  const theirs = await Promise.all([...workers].map((worker) => worker.getHeapStatistics()));
  for (const worker of workers) worker.unref();
  const bytes = [getHeapStatistics(), ...theirs].reduce((sum, heap) => sum + heap.total_physical_size, 0);
  return Math.round(bytes / MIB);
}

const resident = (): number => Math.round(process.memoryUsage().rss / MIB);

function table(result: Result): string {
  const { options, bytesByLength, meanWindow, keptMiB, emptyMiB, residentMiB, bytesPerUser } = result;
  const { soak: looks, soakPerSecond, growthMiB, fillPerSecond } = result;
  return [
    `GPTRec of 3 layers, width 64, window 64 (its start moves by ${chunkStep(PAPER_SHAPE.window)}), ${options.items} items; ${options.threads} workers`,
    '',
    '| window, items | bytes kept |',
    '| --- | --- |',
    ...Object.entries(bytesByLength).map(([length, bytes]) => `| ${length} | ${bytes} |`),
    '',
    `${options.users} users, interactions log-normal with median ${options.median} and sigma ${options.sigma}: windows of ` +
      `${meanWindow.toFixed(1)} items in the mean; ${keptMiB} MiB kept, ${residentMiB} MiB resident ` +
      `(${emptyMiB} before), ${bytesPerUser} bytes a user in all; ${fillPerSecond} users a second, none of them kept before`,
    ...(looks.length > 0
      ? [
          '',
          `Soak, events and sliders, ${soakPerSecond} lists a second; the greatest of each part, MiB:`,
          '',
          '| until minute | lists | resident | kept | heaps |',
          '| --- | --- | --- | --- | --- |',
          ...partsOf(looks).map(
            ({ minute, lists, residentMiB: whole, keptMiB: held, heapMiB }) =>
              `| ${minute.toFixed(1)} | ${lists} | ${whole} | ${held} | ${heapMiB} |`,
          ),
          '',
          `The resident set grew by ${growthMiB} MiB from half time to the end.`,
        ]
      : []),
  ].join('\n');
}
