/** What a bench's command is given. */
import type { Command } from 'commander';

export interface Bench {
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Progress and explanations, on stderr. */
  say(line: string): void;
  /** The result, on stdout. */
  print(text: string): void;
}

export type AddCommand = (program: Command, bench: Bench) => void;
