/** `dataset` */
import { Option } from 'commander';
import { wholeNumber } from '../../src/terminal/arguments.js';
import { type AddCommand, examples } from '../session.js';
import { DEFAULT_MEMORY_MB, type DatasetParameters, runDataset } from './run-dataset.js';
import { SPLIT_KINDS } from './sequences.js';

export const addDataset: AddCommand = (program, session) => {
  program
    .command('dataset')
    .description('turn the log as it is now into sequences, split for training and test')
    .addOption(
      new Option(
        '--split <kind>',
        'newest users against the others, the last item of every user, or two moments for all',
      )
        .choices(SPLIT_KINDS)
        .default('paper'),
    )
    .option('--seed <number>', 'of the random part of the split', wholeNumber(Number.MIN_SAFE_INTEGER), 42)
    .option('--popularity', 'derive the attributes popularity/high, popularity/middle and popularity/low')
    .option('--memory <mb>', 'what DuckDB may hold before it writes to disk', wholeNumber(64), DEFAULT_MEMORY_MB)
    .option('--force', 'make it again even if it is there')
    .addHelpText(
      'after',
      examples(
        'dataset',
        'dataset --split leave-one-out',
        'dataset --split global-time --popularity',
        'dataset --seed 7 --force',
      ),
    )
    .action((parameters: DatasetParameters) =>
      session.withLog('present', (context) => runDataset(context, parameters)),
    );
};
