/** `npm run topics -- create|verify|grow`: the topics of a log. Exit codes: src/terminal/program.ts. */
import type { Command } from 'commander';
import { wholeNumber } from '../terminal/arguments.js';
import { newProgram, processTerminal, runProgram, type Terminal } from '../terminal/program.js';
import { inSession, isMistake } from './session.js';
import { type CreateOptions, createTopics } from './topics/create.js';
import { growTopics, type GrowOptions } from './topics/grow-command.js';
import { verifyTopics } from './topics/verify.js';

const SAMPLE = 100;
const MOST_PARTITIONS = 1024;

/** @param args without the program's name @returns the exit code */
export function runTopics(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = newProgram('npm run topics --', terminal).description(
    'the topics that the service reads and writes, as its configuration (STEERSTREAM_*) names them',
  );
  addCreate(program, terminal);
  addVerify(program, terminal);
  addGrow(program, terminal);
  return runProgram(program, args, terminal, isMistake);
}

function addCreate(program: Command, terminal: Terminal): void {
  program
    .command('create')
    .description('make the topics that are missing, and verify the others, which it does not change')
    .option('--partitions <number>', 'of each (default: STEERSTREAM_PARTITIONS)', wholeNumber(1, MOST_PARTITIONS))
    .option(
      '--replication <number>',
      'replicas of each (default: 3, or as many as there are brokers)',
      wholeNumber(1, 32),
    )
    .option(
      '--min-insync <number>',
      'of the replicas that must have a write (default: 2 of several)',
      wholeNumber(1, 32),
    )
    .option('--retention <days>', 'of interactions (default: for ever)', wholeNumber(1, 36_500))
    .option('--dry-run', 'only say what would be made')
    .action((options: CreateOptions) => inSession(terminal, (session) => createTopics(session, options)));
}

function addVerify(program: Command, terminal: Terminal): void {
  program
    .command('verify')
    .description('say what is right, what is not, and what sets it right; changes nothing')
    .option('--sample <number>', 'newest records of each input partition to look at', wholeNumber(0, 100_000), SAMPLE)
    .action((options: { sample: number }) => inSession(terminal, (session) => verifyTopics(session, options)));
}

function addGrow(program: Command, terminal: Terminal): void {
  program
    .command('grow')
    .description('copy the inputs into new topics with more partitions, where lists go on exactly where they ended')
    .requiredOption('--partitions <number>', 'of the new topics', wholeNumber(1, MOST_PARTITIONS))
    .requiredOption('--suffix <text>', 'of the new topics and the new group, such as .v2')
    .option('--with-lag', 'although inputs wait without their lists: the new service makes those')
    .option('--from-available', 'although the beginning of history is gone: new states are of what is left')
    .action((options: GrowOptions) => inSession(terminal, (session) => growTopics(session, options)));
}

if (import.meta.main) process.exitCode = await runTopics(process.argv.slice(2), processTerminal());
