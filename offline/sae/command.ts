/** `sae` */
import { Option } from 'commander';
import { SITES } from '../../src/model/shapes.js';
import { listOf, numberBetween, oneOf, wholeNumber } from '../../src/terminal/arguments.js';
import type { TrainingContext } from '../training-context.js';
import { addRuntimeOption, addSplitOption, type RuntimeOptions } from '../options.js';
import { type AddCommand, examples } from '../session.js';
import { PAPER_SAE, SAE_KINDS } from './dictionary.js';
import { dictionariesOf, type Grid, PAPER_GRID } from './grid.js';
import { DEAD_AFTER } from './revival.js';
import { runSae, type SaeParameters } from './run-sae.js';
import { threadsFor } from './threads.js';

type SaeOptions = Grid & Omit<SaeParameters, 'dictionaries'> & RuntimeOptions;

export const addSae: AddCommand = (program, session) => {
  const command = program
    .command('sae')
    .description(
      "train sparse autoencoders on the model's activations; the defaults are the paper's. Lists train every " +
        'combination in one pass, and later steps use the first unless told otherwise',
    )
    .option('--kind <list>', SAE_KINDS.join(', '), listOf(oneOf(SAE_KINDS)), [...PAPER_GRID.kind])
    .option('--layer <list>', 'reads these blocks', listOf(wholeNumber(1, 64)), [...PAPER_GRID.layer])
    .option(
      '--site <list>',
      'of a block: block (the residual stream after it), attention, mlp (what these add)',
      listOf(oneOf(SITES)),
      [...PAPER_GRID.site],
    )
    .option('--features <list>', 'dictionary size', listOf(wholeNumber(1, 65_536)), [...PAPER_GRID.features])
    .option('--l1 <list>', 'weight of sparsity, of l1', listOf(numberBetween(0, 100)), [...PAPER_GRID.l1])
    .addOption(
      new Option(
        '--loss <kind>',
        "reconstruction error of l1: the authors' code leaves it unsquared, the paper's text squares it",
      )
        .choices(['unsquared', 'squared'])
        .default(PAPER_GRID.loss),
    )
    .option('--k <list>', 'active features, of the other kinds', listOf(wholeNumber(1, 65_536)), [...PAPER_GRID.k])
    .option(
      '--revive <weight>',
      'of the loss that revives dead features (default: 1/32; 0 for l1 and jumprelu)',
      numberBetween(0, 100),
    )
    .option('--dead-after <number>', 'activations without being active', wholeNumber(1, 10_000_000), DEAD_AFTER)
    .option('--steps <number>', 'in all', wholeNumber(1, 10_000_000), PAPER_SAE.steps)
    .option('--warm-up <number>', 'steps of rising learning rate', wholeNumber(1, 10_000_000), PAPER_SAE.warmUp)
    .option('--batch <number>', 'activations a step', wholeNumber(1, 65_536), PAPER_SAE.batch)
    .option('--learning-rate <number>', 'of Adam', numberBetween(0, 1), PAPER_SAE.learningRate)
    .option('--seed <number>', 'of weights and batches', wholeNumber(Number.MIN_SAFE_INTEGER), 42)
    .option('--force', 'train again even if it is done');
  addRuntimeOption(addSplitOption(command))
    .addHelpText(
      'after',
      examples('sae', 'sae --l1 0.05,0.1,0.2 --features 512', 'sae --kind batch-topk,jumprelu --k 16,32 --layer 1,2'),
    )
    .action(({ runtime, ...options }: SaeOptions) => {
      const { kind, layer, site, features, l1, loss, k, revive, ...schedule } = options;
      const grid = { kind, layer, site, features, l1, loss, k, ...(revive !== undefined && { revive }) };
      const dictionaries = dictionariesOf(grid);
      const work = (context: TrainingContext): Promise<unknown> => runSae(context, { ...schedule, dictionaries });
      return session.withRuntime(runtime, work, threadsFor(schedule.batch, dictionaries));
    });
};
