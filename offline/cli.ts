/**
 * The offline command line: `npm run offline -- COMMAND`. Exit codes: 0 done, 1 a fault of ours (with its stack), 2 a
 * user's mistake (one line), 130 interrupted.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { RegistryRefused } from '../src/adapters/registry/refused.js';
import { openCheckpoints, openLog, openWire } from '../src/adapters/open.js';
import { addonPath, openRuntime, RuntimeMissing } from '../src/adapters/tfjs/runtime.js';
import { type Config, ConfigError, loadConfig } from '../src/config.js';
import { createLogger } from '../src/ops/logger.js';
import { PublicationRefused } from '../src/ports/checkpoint-store.js';
import { TopicMissing, Unavailable } from '../src/ports/errors.js';
import { keepLargeAllocations } from './native-memory.js';
import { addCalibrate } from './calibrate/command.js';
import { addDataset } from './dataset/command.js';
import { addEvaluate } from './evaluate/command.js';
import { addExport, addImportWeights } from './exchange/command.js';
import { addGenerate } from './generate/command.js';
import { addImport } from './import/command.js';
import { addInspect } from './inspect/command.js';
import { addPareto } from './pareto/command.js';
import { addPublications, addPublish } from './publish/command.js';
import { addRanking } from './ranking/command.js';
import { addReport } from './report/command.js';
import { addSae } from './sae/command.js';
import { addSteering } from './steering/command.js';
import { addTrain } from './train/command.js';
import { type AddCommand, examples, type Session } from './session.js';
import { newProgram, processTerminal, runProgram, type Terminal } from '../src/terminal/program.js';
import { UserError } from '../src/terminal/user-error.js';

const COMMANDS: readonly AddCommand[] = [
  addGenerate,
  addImport,
  addDataset,
  addTrain,
  addRanking,
  addSae,
  addPareto,
  addCalibrate,
  addSteering,
  addEvaluate,
  addReport,
  addPublish,
  addPublications,
  addExport,
  addImportWeights,
  addInspect,
];

/** Runs one command. @param args without the program's name @returns the exit code */
export function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  return runProgram(createProgram(terminal), args, terminal, isMistake);
}

/** The program with all its commands. */
export function createProgram(terminal: Terminal): Command {
  const program = newProgram('npm run offline --', terminal)
    .description('Steerstream offline: from a log of interactions to a published checkpoint')
    .option('--dir <folder>', 'all files of this run (default: STEERSTREAM_DIR, or .steerstream)')
    .addHelpText('after', examples('import synthetic', 'dataset --split paper', 'inspect log'));
  const session = createSession(terminal, () => program.opts<{ dir?: string }>().dir);
  for (const add of COMMANDS) add(program, session);
  return program;
}

function createSession(terminal: Terminal, chosenDir: () => string | undefined): Session {
  const print = (line: string): void => terminal.out(`${line}\n`);
  const where = (): { config: Config; dir: string } => {
    const config = loadConfig(terminal.env);
    return { config, dir: chosenDir() ?? config.dir };
  };
  return {
    print,
    async interruptible(work) {
      await work(terminal.signal);
    },
    async withRuntime(choice, work, threads) {
      await work({ dir: where().dir, print, signal: terminal.signal, runtime: await openRuntime(choice, threads) });
    },
    async withCheckpoints(work) {
      const { dir, config } = where();
      const { place } = config.checkpoints;
      const ofRun = chosenDir() !== undefined && place.kind === 'folder';
      const store = await openCheckpoints(ofRun ? { kind: 'folder', folder: join(dir, 'checkpoints') } : place);
      await work({ dir, print }, store);
    },
    async withLog(log, work) {
      const { config, dir } = where();
      if (config.log === 'embedded' && log === 'present' && !existsSync(join(dir, 'log.sqlite'))) {
        throw new UserError(`no log in ${dir}: import something first, or name its folder with --dir`);
      }
      const opened = await openLog(
        { ...config, dir },
        createLogger('error', (line) => terminal.err(`${line}\n`)),
      );
      try {
        const wire = await openWire(config);
        await work({ dir, config, print, signal: terminal.signal, log: opened, wire });
      } finally {
        await opened.close();
      }
    },
  };
}

/** What the user can set right. */
const isMistake = (error: unknown): boolean =>
  error instanceof ConfigError ||
  error instanceof RuntimeMissing ||
  error instanceof RegistryRefused ||
  error instanceof TopicMissing ||
  error instanceof PublicationRefused ||
  error instanceof Unavailable;

if (import.meta.main) {
  const terminal = processTerminal();
  keepLargeAllocations(existsSync(addonPath()) && !process.argv.includes('wasm'));
  process.exitCode = await runCli(process.argv.slice(2), terminal);
}
