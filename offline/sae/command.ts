/** `sae` */
import { Option } from 'commander';
import { numberBetween, wholeNumber } from '../../src/terminal/arguments.js';
import { addRuntimeOption, addSplitOption, type RuntimeOptions } from '../options.js';
import { type AddCommand, examples } from '../session.js';
import { runSae, type SaeParameters } from './run-sae.js';
import { PAPER_FEATURES, PAPER_SAE } from './sae-training.js';

export const addSae: AddCommand = (program, session) => {
  const command = program
    .command('sae')
    .description("train the sparse autoencoder on the model's activations; the defaults are the paper's")
    .option('--layer <number>', 'reads the residual stream after this block', wholeNumber(1, 64), 1)
    .option('--features <number>', 'dictionary size', wholeNumber(1, 65_536), PAPER_FEATURES)
    .option('--l1 <number>', 'weight of sparsity', numberBetween(0, 100), PAPER_SAE.l1)
    .addOption(
      new Option(
        '--loss <kind>',
        "reconstruction error: the authors' code leaves it unsquared, the paper's text squares it",
      )
        .choices(['unsquared', 'squared'])
        .default(PAPER_SAE.loss),
    )
    .option('--steps <number>', 'in all', wholeNumber(1, 10_000_000), PAPER_SAE.steps)
    .option('--warm-up <number>', 'steps of rising learning rate', wholeNumber(1, 10_000_000), PAPER_SAE.warmUp)
    .option('--batch <number>', 'activations a step', wholeNumber(1, 65_536), PAPER_SAE.batch)
    .option('--learning-rate <number>', 'of Adam', numberBetween(0, 1), PAPER_SAE.learningRate)
    .option('--seed <number>', 'of weights and batches', wholeNumber(Number.MIN_SAFE_INTEGER), 42)
    .option('--force', 'train again even if it is done');
  addRuntimeOption(addSplitOption(command))
    .addHelpText('after', examples('sae', 'sae --l1 0.2 --features 512', 'sae --loss squared'))
    .action(({ runtime, ...parameters }: SaeParameters & RuntimeOptions) =>
      session.withRuntime(runtime, (context) => runSae(context, parameters)),
    );
};
