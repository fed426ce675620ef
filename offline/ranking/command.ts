/** `ranking` */
import { listOf, wholeNumber } from '../../src/terminal/arguments.js';
import { addRuntimeOption, addSplitOption, type RuntimeOptions } from '../options.js';
import { type AddCommand, examples } from '../session.js';
import { type RankingParameters, runRanking } from './run-ranking.js';

export const addRanking: AddCommand = (program, session) => {
  const command = program
    .command('ranking')
    .description('how well the trained model ranks, before there is any SAE: NDCG, HitRate, Coverage beside baselines')
    .option(
      '--runs <list>',
      'folders of runs with other seeds, measured by ranking: mean and spread',
      listOf(String),
      [],
    )
    .option(
      '--chunk-steps <list>',
      'items by which the start of a served window moves, to be compared; the service’s own unless given',
      listOf(wholeNumber(1, 4096)),
      [],
    )
    .option('--force', 'measure again even if it is done');
  addRuntimeOption(addSplitOption(command))
    .addHelpText('after', examples('ranking', 'ranking --split leave-one-out --runs runs/seed-43,runs/seed-44'))
    .action(({ runtime, ...parameters }: RankingParameters & RuntimeOptions) =>
      session.withRuntime(runtime, (context) => runRanking(context, parameters)),
    );
};
