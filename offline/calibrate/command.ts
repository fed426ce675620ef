/** `calibrate` */
import { Option } from 'commander';
import { SteeringMethodSchema } from '../../src/steering/steering-map.js';
import { numberBetween, wholeNumber } from '../../src/terminal/arguments.js';
import { addRuntimeOption, addSplitOption, type RuntimeOptions } from '../options.js';
import { type AddCommand, examples } from '../session.js';
import { CALIBRATE_DEFAULTS, type CalibrateParameters, runCalibrate } from './run-calibrate.js';

export const addCalibrate: AddCommand = (program, session) => {
  const command = program
    .command('calibrate')
    .description('measure what strength achieves and costs for each attribute: the steering map')
    .option('--users <number>', 'to measure on, at most', wholeNumber(10), CALIBRATE_DEFAULTS.users)
    .option(
      '--budget <share>',
      'of NDCG that a single gain may cost',
      numberBetween(0.001, 0.9),
      CALIBRATE_DEFAULTS.budget,
    )
    .addOption(
      new Option(
        '--method <name>',
        'how attributes are steered; best measures delta, add, score and hybrids and takes the best of each',
      )
        .choices(['best', ...SteeringMethodSchema.options])
        .default(CALIBRATE_DEFAULTS.method),
    )
    .option(
      '--min-items <number>',
      'attributes on fewer items are left out',
      wholeNumber(1),
      CALIBRATE_DEFAULTS.minItems,
    )
    .option(
      '--max-attributes <number>',
      'those on most items',
      wholeNumber(1, 10_000),
      CALIBRATE_DEFAULTS.maxAttributes,
    )
    .option(
      '--learn-steps <number>',
      'that directions are learned for (adapters five times as many); 0: features and score terms only, many times faster',
      wholeNumber(0),
      CALIBRATE_DEFAULTS.learnSteps,
    )
    .option('--seed <number>', 'of what is drawn', wholeNumber(0), CALIBRATE_DEFAULTS.seed)
    .option('--dictionary <name>', 'what steers, is evaluated and published (default: the first that sae trained)')
    .option('--force', 'measure again even if it is done');
  addRuntimeOption(addSplitOption(command))
    .addHelpText(
      'after',
      examples('calibrate', 'calibrate --method delta --budget 0.05', 'calibrate --dictionary topk-32-2048-block1'),
    )
    .action(({ runtime, ...parameters }: CalibrateParameters & RuntimeOptions) =>
      session.withRuntime(runtime, (context) => runCalibrate(context, parameters)),
    );
};
