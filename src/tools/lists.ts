/** `npm run lists -- refresh`: lists that are made anew. Exit codes: src/terminal/program.ts. */
import { wholeNumber } from '../terminal/arguments.js';
import { newProgram, processTerminal, runProgram, type Terminal } from '../terminal/program.js';
import { type RefreshOptions, refreshLists } from './lists/refresh.js';
import { inSession, isMistake } from './session.js';

const USERS_A_SECOND = 200;

/** @param args without the program's name @returns the exit code */
export function runLists(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = newProgram('npm run lists --', terminal).description(
    'the lists of the service that the configuration (STEERSTREAM_*) names',
  );
  program
    .command('refresh')
    .description(
      'have new lists made, after a publication or a withdrawal; the service makes them as it makes all others',
    )
    .argument('[users...]', 'user ids')
    .option('--file <file>', 'users from a file, one id a line')
    .option('--all', 'all users that have a stored state')
    .option('--partition <number>', 'only users of this partition', wholeNumber(0))
    .option('--rate <number>', 'users a second', wholeNumber(1, 100_000), USERS_A_SECOND)
    .option(
      '--run <name>',
      'users who had a list in a run of this name get no other (default: the newest checkpoint’s)',
    )
    .action((users: string[], options: Omit<RefreshOptions, 'users'>) =>
      inSession(terminal, (session) => refreshLists(session, { ...options, users })),
    );
  return runProgram(program, args, terminal, isMistake);
}

if (import.meta.main) process.exitCode = await runLists(process.argv.slice(2), processTerminal());
