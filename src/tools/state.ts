/** `npm run state -- heal|snapshot|restore|inspect|erase`: the users' states. Exit codes: src/terminal/program.ts. */
import type { Command } from 'commander';
import { wholeNumber } from '../terminal/arguments.js';
import { newProgram, processTerminal, runProgram, type Terminal } from '../terminal/program.js';
import { inSession, isMistake, type ToolSession } from './session.js';
import { eraseUser } from './state/erase.js';
import { healStates } from './state/heal.js';
import { inspectUser } from './state/inspect.js';
import { restoreSnapshot } from './state/restore.js';
import { takeSnapshot } from './state/snapshot.js';

/** @param args without the program's name @returns the exit code */
export function runState(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = newProgram('npm run state --', terminal).description(
    'the users’ states in the store that the service’s configuration (STEERSTREAM_*) names',
  );
  addCommands(program, (work) => inSession(terminal, work));
  return runProgram(program, args, terminal, isMistake);
}

function addCommands(program: Command, run: (work: (session: ToolSession) => Promise<void>) => Promise<void>): void {
  program
    .command('heal')
    .description('bring the states up to where the lists ended, as the service does when it starts')
    .option('--partition <number>', 'only this one', wholeNumber(0))
    .action(({ partition }: { partition?: number }) => run((session) => healStates(session, partition)));
  program
    .command('snapshot')
    .description('keep all states in a file')
    .argument('<file>', 'gzipped lines of JSON, such as states.jsonl.gz; replaced when it exists')
    .action((file: string) => run((session) => takeSnapshot(session, file)));
  program
    .command('restore')
    .description('put the states of a snapshot into an empty store; the rest is healed from the log')
    .argument('<file>', 'what `snapshot` wrote')
    .option('--replace', 'give up what the store holds (with the service stopped)')
    .action((file: string, { replace = false }: { replace?: boolean }) =>
      run((session) => restoreSnapshot(session, file, replace)),
    );
  program
    .command('inspect')
    .description('show what is stored of a user')
    .argument('<user>', 'user id')
    .option('--json', 'everything, as JSON')
    .action((user: string, { json = false }: { json?: boolean }) => run((session) => inspectUser(session, user, json)));
  program
    .command('erase')
    .description('forget a user: live, in healing, and in the next dataset')
    .argument('<user>', 'user id')
    .action((user: string) => run((session) => eraseUser(session, user)));
}

if (import.meta.main) process.exitCode = await runState(process.argv.slice(2), processTerminal());
