/** `npm run bench -- COMMAND`. Exit codes: 0 as it should be, 1 it is not, 2 a user's mistake, 130 interrupted. */
import { Command, CommanderError } from 'commander';
import { addChaos } from './chaos/command.js';
import type { AddCommand, Bench } from './command.js';
import { addData } from './data/command.js';
import { addDataSplits } from './data/splits.js';
import { addEngineLatency } from './engine/latency.js';
import { addEngineMemory } from './engine/memory.js';
import { addEngine } from './engine/command.js';
import { addFuzz } from './fuzz/command.js';
import { addRedisSize } from './redis-size.js';
import { addStream } from './stream/command.js';
import { addTrain } from './train/command.js';

const COMMANDS: readonly AddCommand[] = [
  addChaos,
  addStream,
  addTrain,
  addEngine,
  addEngineLatency,
  addData,
  addDataSplits,
  addRedisSize,
  addFuzz,
  addEngineMemory,
];

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());
// A test that forked it, and is gone.
process.on('disconnect', () => interrupted.abort());
process.channel?.unref();

const bench: Bench = {
  signal: interrupted.signal,
  say: (line) => void process.stderr.write(`${line}\n`),
  print: (text) => void process.stdout.write(`${text}\n`),
};
const program = new Command('bench').description('what Steerstream stands, and how fast it is').exitOverride();
for (const add of COMMANDS) add(program, bench);
try {
  await program.parseAsync();
} catch (error) {
  // Not only its exit code: what was interrupted is still under way.
  process.exit(exitCodeOf(error));
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (interrupted.signal.aborted) return 130;
  bench.say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
}
