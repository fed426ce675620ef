/**
 * `npm run demo`: the whole job in one go. Events, training, calibration, a published checkpoint; then the service, fresh
 * interactions through it, and one slider that moves. See docs/tutorial.md.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { numberBetween, wholeNumber } from '../src/terminal/arguments.js';
import { FolderCheckpointStore } from '../src/adapters/checkpoints/folder-checkpoint-store.js';
import { SqliteLog } from '../src/adapters/embedded/sqlite-log.js';
import { addonPath, openRuntime, RuntimeMissing } from '../src/adapters/tfjs/runtime.js';
import { contentId, decodeCheckpoint } from '../src/checkpoint/files.js';
import { ConfigError, loadConfig } from '../src/config.js';
import { SINGLE_OBJECT } from '../src/events/wire-format.js';
import { endWhenOutputCloses } from '../src/terminal/closed-output.js';
import type { OfflineContext } from './context.js';
import { streamAudience } from './demo/audience.js';
import { ListReader } from './demo/list-reader.js';
import { prepare } from './demo/prepare.js';
import { type DemoService, startService } from './demo/service.js';
import { showSlider } from './demo/show.js';
import { chooseSlider, moveSlider } from './demo/slider.js';
import { loadSplit } from './dataset/split.js';
import { interruptSignal } from '../src/terminal/interrupt.js';
import { keepLargeAllocations } from './native-memory.js';
import { createRandom } from './random.js';
import { addRuntimeOption, type RuntimeOptions } from './options.js';
import { stepFolder } from './step-files.js';
import type { TrainingContext } from './training-context.js';
import { Interrupted, UserError } from '../src/terminal/user-error.js';

interface DemoOptions extends RuntimeOptions {
  readonly dir?: string;
  readonly movielens?: string;
  readonly budget: number;
  readonly paper: boolean;
  readonly port: number;
  readonly exit: boolean;
}

/** What `--exit` prints as its last line. */
interface DemoResult {
  readonly lists: number;
  /** Of the whole run. */
  readonly seconds: number;
  readonly ndcg: number;
  readonly ndcgPopularity: number;
  readonly shareBefore: number;
  readonly shareAfter: number;
  readonly checkpoint: string;
}

/** Users and rounds of the audience. */
const AUDIENCE = { users: 50, rounds: 10 };

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function createProgram(): Command {
  const program = new Command('npm run demo --')
    .description('From an event log to steered top-10 lists: trains, publishes, serves, streams, and moves a slider.')
    .option('--dir <folder>', 'all files of the demo (default: STEERSTREAM_DIR, or .steerstream)')
    .option(
      '--movielens <folder>',
      'MovieLens 1M (.dat), 20M or later (.csv), plain or gzipped, instead of the synthetic log',
    )
    .addOption(
      new Option('--budget <minutes>', 'for MovieLens: chooses model size and epochs')
        .default(10)
        .argParser(numberBetween(1, 100_000)),
    )
    .option('--paper', "for MovieLens: the paper's full protocol, whatever it takes", false)
    .option('--port <number>', 'of the service; 0 takes any', wholeNumber(0, 65_535), 3000)
    .option('--exit', 'end when everything is shown, with a last line of JSON', false)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`${text.trim().replace(/\s*\n\s*/g, ' ')} (--help shows what is possible)\n`),
    });
  return addRuntimeOption(program);
}

async function main(options: DemoOptions, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  const config = loadConfig(process.env);
  const dir = options.dir ?? config.dir;
  if (options.movielens !== undefined && !existsSync(options.movielens)) {
    throw new UserError(
      `there is no folder ${options.movielens}: --movielens names the one that holds ratings and movies`,
    );
  }
  keepLargeAllocations(options.runtime !== 'wasm' && existsSync(addonPath()));
  const runtime = await openRuntime(options.runtime);
  const log = SqliteLog.open(dir);
  const store = new FolderCheckpointStore(join(dir, 'checkpoints'));
  const context: OfflineContext & TrainingContext = { dir, log, wire: SINGLE_OBJECT, config, signal, print, runtime };
  let service: DemoService | undefined;
  try {
    const { movielens, budget: budgetMinutes, paper } = options;
    const prepared = await prepare(context, store, { movielens, budgetMinutes, paper });
    service = await startService({ dir, port: options.port, env: process.env }, signal);
    const shown = await show(context, store, prepared.sequence);
    const { ndcg, ndcgPopularity } = prepared;
    const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
    const result: DemoResult = { ...shown, seconds, ndcg, ndcgPopularity };
    if (options.exit) {
      await service.stop();
      print(JSON.stringify(result));
      return;
    }
    print(`\nThe service runs at ${service.url} (its API: ${service.url}/docs). Ctrl-C ends it.`);
    await Promise.race([service.ended, aborted(signal)]);
  } finally {
    await service?.stop();
    await log.close();
  }
}

/** Streams the audience, then moves the slider of one of it. */
async function show(
  { dir, log, wire, config, signal }: OfflineContext,
  store: FolderCheckpointStore,
  sequence: number,
): Promise<Pick<DemoResult, 'lists' | 'shareBefore' | 'shareAfter' | 'checkpoint'>> {
  const files = await store.read(sequence);
  const checkpoint = decodeCheckpoint(files);
  const { topics } = config;
  const reader = await ListReader.atEnd(log, wire, topics.recommendations);
  const run = Date.now().toString(36);
  const settings = { ...AUDIENCE, run, topic: topics.interactions, wire };
  const { lists, seconds, newest } = await streamAudience(log, reader, checkpoint, settings, createRandom(1), signal);
  print(
    `streamed ${lists} interactions into ${lists} lists: ${Math.round(lists / seconds)} lists/s, one round waiting for the other`,
  );
  const slider = chooseSlider(checkpoint, newest.values());
  const before = newest.get(slider?.user ?? '');
  if (slider === undefined || before === undefined)
    throw new UserError('this checkpoint steers no attribute: nothing to show');
  const moved = await moveSlider(log, reader, checkpoint, { ...slider, before, topic: topics.profiles, wire }, signal);
  const { items, titles } = await loadSplit(stepFolder(dir, 'dataset', 'paper'));
  const titleOf = new Map(items.map((itemId, index) => [itemId, titles[index]]));
  print(`\n${showSlider(moved, checkpoint, (itemId) => titleOf.get(itemId) ?? itemId)}`);
  const { shareBefore, shareAfter } = moved;
  return { lists: lists + 1, shareBefore, shareAfter, checkpoint: `${sequence}-${contentId(files)}` };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** What the user can set right. */
const isMistake = (error: unknown): error is Error =>
  error instanceof UserError || error instanceof ConfigError || error instanceof RuntimeMissing;

function complain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (isMistake(error) || error instanceof Interrupted) {
    process.stderr.write(`demo: ${error.message}\n`);
    return error instanceof Interrupted ? 130 : 2;
  }
  throw error;
}

endWhenOutputCloses();
try {
  const program = createProgram().parse();
  await main(program.opts<DemoOptions>(), interruptSignal());
} catch (error) {
  process.exitCode = complain(error);
}
