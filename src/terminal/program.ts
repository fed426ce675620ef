/** A command line as a function, so that tests run it: what it prints goes to a Terminal, how it ends is a number. */
import { Command, CommanderError } from 'commander';
import { endWhenOutputCloses } from './closed-output.js';
import { interruptSignal } from './interrupt.js';
import { Interrupted, UserError } from './user-error.js';

/** Where a command line runs: a test gives its own. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  out(text: string): void;
  err(text: string): void;
}

/** What a command found is no error of anybody, and yet no success: the exit status is 1, without a word. */
export class Unfit extends Error {
  override readonly name = 'Unfit';
}

/** A program that writes to the terminal, one line for a wrong argument. */
export function newProgram(name: string, terminal: Terminal): Command {
  return new Command(name).exitOverride().configureOutput({
    writeOut: (text) => terminal.out(text),
    writeErr: (text) => terminal.err(text),
    // Suggestions included.
    outputError: (text, write) => write(`${text.trim().replace(/\s*\n\s*/g, ' ')} (--help shows what is possible)\n`),
  });
}

/**
 * Runs one command. Exit codes: 0 done, 1 something is not as it should be, or a fault of ours (with its stack), 2 a
 * user's mistake (one line), 130 interrupted.
 * @param args without the program's name
 * @param isMistake what the user can set right, besides UserError
 */
export async function runProgram(
  program: Command,
  args: readonly string[],
  terminal: Terminal,
  isMistake: (error: unknown) => boolean,
): Promise<number> {
  const complain = (message: string, code: number): number => {
    terminal.err(`${message}\n`);
    return code;
  };
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof Unfit) return 1;
    if (!(error instanceof Error)) return complain(String(error), 1);
    if (error instanceof Interrupted) return complain(error.message, 130);
    if (error instanceof UserError || isMistake(error)) return complain(error.message, 2);
    return complain(error.stack ?? error.message, 1);
  }
}

/** The terminal of this process. Call it once: it listens for Ctrl-C. */
export function processTerminal(): Terminal {
  endWhenOutputCloses();
  return {
    env: process.env,
    signal: interruptSignal(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
  };
}
