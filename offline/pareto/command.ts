/** `pareto` */
import { addRuntimeOption, addSplitOption, type RuntimeOptions } from '../options.js';
import { type AddCommand, examples } from '../session.js';
import { type ParetoParameters, runPareto } from './run-pareto.js';

export const addPareto: AddCommand = (program, session) => {
  const command = program
    .command('pareto')
    .description('measure every dictionary that sae trained: L0 against explained variance, spliced NDCG, correlation')
    .option('--force', 'measure again even if it is done');
  addRuntimeOption(addSplitOption(command))
    .addHelpText('after', examples('sae --kind l1,topk --l1 0.05,0.1,0.2 --k 16,32,64', 'pareto'))
    .action(({ runtime, ...parameters }: ParetoParameters & RuntimeOptions) =>
      session.withRuntime(runtime, (context) => runPareto(context, parameters)),
    );
};
