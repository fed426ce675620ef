/** `steering` */
import { listOf, numberBetween, wholeNumber } from '../../src/terminal/arguments.js';
import { addRuntimeOption, addSplitOption, type RuntimeOptions } from '../options.js';
import { type AddCommand, examples } from '../session.js';
import { runSteering, STEERING_DEFAULTS, type SteeringParameters } from './run-steering.js';

export const addSteering: AddCommand = (program, session) => {
  const command = program
    .command('steering')
    .description('compare methods of steering: share and intent NDCG at the same loss, against re-ranking by labels')
    .option('--attributes <list>', 'names; all that enough items bear unless given', listOf(String), [])
    .option('--budget <share>', 'of NDCG that may be lost', numberBetween(0.001, 0.9), STEERING_DEFAULTS.budget)
    .option(
      '--cases <number>',
      'that directions are learned from, of each attribute',
      wholeNumber(1),
      STEERING_DEFAULTS.cases,
    )
    .option('--late-cases <number>', 'that adapters are taught by', wholeNumber(1), STEERING_DEFAULTS.lateCases)
    .option('--steps <number>', 'that directions are learned for', wholeNumber(1), STEERING_DEFAULTS.steps)
    .option(
      '--wishes <number>',
      'cases whose next item bears the attribute, that strengths are chosen on',
      wholeNumber(1),
      STEERING_DEFAULTS.wishes,
    )
    .option('--judges <number>', 'users who judge, at most', wholeNumber(10), STEERING_DEFAULTS.judges)
    .option(
      '--min-items <number>',
      'attributes on fewer items are left out',
      wholeNumber(1),
      STEERING_DEFAULTS.minItems,
    )
    .option('--seed <number>', 'of what is drawn', wholeNumber(0), STEERING_DEFAULTS.seed)
    .option('--force', 'measure again even if it is done');
  addRuntimeOption(addSplitOption(command))
    .addHelpText('after', examples('steering', 'steering --attributes genre/Horror,genre/Western'))
    .action(({ runtime, ...parameters }: SteeringParameters & RuntimeOptions) =>
      session.withRuntime(runtime, (context) => runSteering(context, parameters)),
    );
};
