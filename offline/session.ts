/** What a command is given by the command line, and helpers to read its arguments. */
import type { Command } from 'commander';
import type { CheckpointStore } from '../src/ports/checkpoint-store.js';
import type { OfflineContext } from './context.js';
import type { RuntimeChoice } from './options.js';
import type { TrainingContext } from './training-context.js';

export interface Session {
  /**
   * Opens the log of `--dir`, runs the work with it, and closes it, whatever happens.
   * @param log `make` one where there is none, or say that something must be `present`
   */
  withLog(log: 'make' | 'present', work: (context: OfflineContext) => Promise<unknown>): Promise<void>;
  /** Opens a tensor runtime and runs the work with it. */
  withRuntime(
    runtime: RuntimeChoice,
    work: (context: TrainingContext) => Promise<unknown>,
    threads?: number,
  ): Promise<void>;
  /** Runs the work with the folder and the store of checkpoints. */
  withCheckpoints(
    work: (context: Pick<OfflineContext, 'dir' | 'print'>, store: CheckpointStore) => Promise<unknown>,
  ): Promise<void>;
  /** Prints one line of result. */
  print(line: string): void;
}

/** A command is one file that exports one of these, and one line in cli.ts. */
export type AddCommand = (program: Command, session: Session) => void;

/** Text below a command's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ npm run offline -- ${line}`).join('\n')}`;
}
