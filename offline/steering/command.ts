/** `steering` */
import { listOf, numberBetween, oneOf, wholeNumber } from '../../src/terminal/arguments.js';
import { addRuntimeOption, addSplitOption, type RuntimeOptions } from '../options.js';
import { type AddCommand, examples } from '../session.js';
import { METHODS } from './methods.js';
import { STEERING_DEFAULTS, type SteeringParameters } from './parameters.js';
import { runSteering } from './run-steering.js';

export const addSteering: AddCommand = (program, session) => {
  const command = program
    .command('steering')
    .description('compare methods of steering: share and intent NDCG at the same loss, against re-ranking by labels')
    .option('--attributes <list>', 'names; all that enough items bear unless given', listOf(String), [])
    .option(
      '--concepts <list>',
      "kinds that have no labels when they are served, instead of attributes: a kind of attribute such as decade, series (from titles), feature (the SAE's own); methods that need labels are left out, but for re-ranking",
      listOf(String),
      [],
    )
    .option('--features <number>', 'discovered features, at most', wholeNumber(1, 1000), STEERING_DEFAULTS.features)
    .option('--methods <list>', 'besides re-ranking (default: all)', listOf(oneOf(METHODS)), [])
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
      '--judged-cases <number>',
      'last cases of each judge among which intents are found; 1: the last alone',
      wholeNumber(1),
      STEERING_DEFAULTS.judgedCases,
    )
    .option(
      '--min-items <number>',
      'attributes and features on fewer items are left out',
      wholeNumber(1),
      STEERING_DEFAULTS.minItems,
    )
    .option(
      '--min-cases <number>',
      'what fewer cases of those who teach, choose or judge take next is left out',
      wholeNumber(1),
      STEERING_DEFAULTS.minCases,
    )
    .option('--seed <number>', 'of what is drawn', wholeNumber(0), STEERING_DEFAULTS.seed)
    .option('--force', 'measure again even if it is done');
  addRuntimeOption(addSplitOption(command))
    .addHelpText(
      'after',
      examples(
        'steering',
        'steering --attributes genre/Horror,genre/Western --methods tuned',
        'steering --concepts decade,series,feature --judged-cases 10',
      ),
    )
    .action(({ runtime, ...parameters }: SteeringParameters & RuntimeOptions) =>
      session.withRuntime(runtime, (context) => runSteering(context, parameters)),
    );
};
