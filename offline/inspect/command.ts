/** `inspect log|checkpoint` */
import { wholeNumber } from '../../src/terminal/arguments.js';
import { type AddCommand, examples } from '../session.js';
import { inspectCheckpoint, inspectCheckpoints } from './inspect-checkpoint.js';
import { inspectLog, inspectTopic } from './inspect-log.js';

export const addInspect: AddCommand = (program, session) => {
  const command = program.command('inspect').description('what a log or a checkpoint holds');
  command
    .command('log')
    .description('topics, partitions, records and times; or the newest records of one topic, decoded')
    .option('--topic <name>', 'print records of this topic, one JSON line each')
    .option('--last <number>', 'how many of every partition', wholeNumber(1, 10_000), 3)
    .addHelpText('after', examples('inspect log', 'inspect log --topic interactions --last 1'))
    .action(({ topic, last }: { topic?: string; last: number }) =>
      session.withLog('present', (context) =>
        topic === undefined ? inspectLog(context) : inspectTopic(context, topic, last),
      ),
    );
  command
    .command('checkpoint')
    .description('the manifest of a published checkpoint')
    .argument('<which>', 'its number where checkpoints are published, or a folder that holds one')
    .addHelpText('after', examples('inspect checkpoint 3', 'inspect checkpoint .steerstream/checkpoints/000001'))
    .action((which: string) => session.withCheckpoints(({ print }, store) => inspectCheckpoint(which, store, print)));
  command
    .command('checkpoints')
    .description('what is published, and for whom')
    .addHelpText('after', examples('inspect checkpoints'))
    .action(() => session.withCheckpoints(({ print }, store) => inspectCheckpoints(store, print)));
};
