/** `train` */
import { Option } from 'commander';
import { numberBetween, wholeNumber } from '../../src/terminal/arguments.js';
import { addRuntimeOption, addSplitOption, type RuntimeOptions } from '../options.js';
import { type AddCommand, examples } from '../session.js';
import { SCHEDULES } from './learning-rate.js';
import { PAPER_SHAPE, PAPER_TRAINING, WINDOWS } from './gptrec-training.js';
import { runTrain, type TrainParameters } from './run-train.js';

export const addTrain: AddCommand = (program, session) => {
  const command = program
    .command('train')
    .description("train GPTRec on the dataset; the defaults are the paper's")
    .option('--width <number>', 'of the residual stream', wholeNumber(1, 4096), PAPER_SHAPE.width)
    .option('--heads <number>', 'of each attention', wholeNumber(1, 64), PAPER_SHAPE.heads)
    .option('--layers <number>', 'blocks', wholeNumber(1, 64), PAPER_SHAPE.layers)
    .option('--window <number>', 'items that the model sees', wholeNumber(1, 4096), PAPER_SHAPE.window)
    .option('--epochs <number>', 'at most', wholeNumber(1, 10_000), PAPER_TRAINING.epochs)
    .option(
      '--patience <number>',
      'epochs without a better validation NDCG@10',
      wholeNumber(1, 10_000),
      PAPER_TRAINING.patience,
    )
    .option('--batch <number>', 'users a step', wholeNumber(1, 65_536), PAPER_TRAINING.batch)
    .option('--learning-rate <number>', 'of Adam', numberBetween(0, 1), PAPER_TRAINING.learningRate)
    .option(
      '--warm-up <number>',
      'steps over which the learning rate rises',
      wholeNumber(0, 1_000_000),
      PAPER_TRAINING.warmUp,
    )
    .addOption(
      new Option('--schedule <kind>', 'of the learning rate after that; cosine falls to 0 at the last epoch')
        .choices(SCHEDULES)
        .default(PAPER_TRAINING.schedule),
    )
    .option('--dropout <number>', 'in training', numberBetween(0, 0.9), PAPER_TRAINING.dropout)
    .option('--weight-decay <number>', 'of AdamW; 0 is Adam', numberBetween(0, 10), PAPER_TRAINING.weightDecay)
    .addOption(
      new Option('--windows <kind>', "which of a user's windows an epoch takes")
        .choices(WINDOWS)
        .default(PAPER_TRAINING.windows),
    )
    .option(
      '--average <number>',
      'decay of a moving average of the weights, which is then what is kept; 0 keeps none',
      numberBetween(0, 0.99999),
      PAPER_TRAINING.average,
    )
    .option('--seed <number>', 'of weights, order and dropout', wholeNumber(Number.MIN_SAFE_INTEGER), 42)
    .option('--force', 'train again even if it is done');
  addRuntimeOption(addSplitOption(command))
    .addHelpText(
      'after',
      examples('train', 'train --window 128 --layers 2', 'train --split leave-one-out --window 200'),
    )
    .action(({ runtime, ...parameters }: TrainParameters & RuntimeOptions) =>
      session.withRuntime(runtime, (context) => runTrain(context, parameters)),
    );
};
