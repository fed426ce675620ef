/** `evaluate` */
import { InvalidArgumentError } from 'commander';
import { addRuntimeOption, addSplitOption, type RuntimeOptions } from '../options.js';
import { type AddCommand, examples } from '../session.js';
import { EVALUATE_DEFAULTS, type EvaluateParameters, runEvaluate } from './run-evaluate.js';

const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function numbers(text: string): number[] {
  const values = list(text).map(Number);
  if (values.length > 0 && values.every(Number.isFinite)) return values;
  throw new InvalidArgumentError('It must be numbers with commas between them, such as -5,0,5.');
}

export const addEvaluate: AddCommand = (program, session) => {
  const command = program
    .command('evaluate')
    .description('measure the model against baselines, the SAE, and steering, on the test users')
    .option('--strengths <list>', 'activations that the top features are set to', numbers, [
      ...EVALUATE_DEFAULTS.strengths,
    ])
    .option('--attributes <list>', 'steered, and looked at closely (default: the five borne by most items)', list, [])
    .option('--brief', 'only what publish needs: no floors, portraits, probes and lists', EVALUATE_DEFAULTS.brief)
    .option('--force', 'measure again even if it is done');
  addRuntimeOption(addSplitOption(command))
    .addHelpText('after', examples('evaluate', 'evaluate --attributes genre/Sci-Fi,genre/Western --strengths=-10,0,10'))
    .action(({ runtime, ...parameters }: EvaluateParameters & RuntimeOptions) =>
      session.withRuntime(runtime, (context) => runEvaluate(context, parameters)),
    );
};
