/** `publish` */
import { addSplitOption } from '../options.js';
import { type AddCommand, examples } from '../session.js';
import { type PublishParameters, runPublish } from './run-publish.js';

export const addPublish: AddCommand = (program, session) => {
  const command = program
    .command('publish')
    .description('publish model, SAE and steering map as the next checkpoint; a running service takes it up')
    .option('--force', 'publish again even if these results are published');
  addSplitOption(command)
    .addHelpText('after', examples('publish', 'publish --split leave-one-out'))
    .action((parameters: PublishParameters) =>
      session.withCheckpoints((context, store) => runPublish(context, store, parameters)),
    );
};
