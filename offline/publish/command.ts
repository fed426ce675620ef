/** `publish`, `promote`, `withdraw`, `rollback` */
import { wholeNumber } from '../../src/terminal/arguments.js';
import { addSplitOption } from '../options.js';
import { type AddCommand, examples } from '../session.js';
import { promote, rollBack, withdraw } from './again.js';
import { type PublishParameters, runPublish } from './run-publish.js';

const percent = wholeNumber(1, 99);

export const addPublish: AddCommand = (program, session) => {
  const command = program
    .command('publish')
    .description('publish model, SAE and steering map as the next checkpoint; a running service takes it up')
    .option('--candidate <percent>', 'for so many of the users; the others keep what they have', percent)
    .option('--force', 'publish again even if these results are published');
  addSplitOption(command)
    .addHelpText('after', examples('publish', 'publish --split leave-one-out', 'publish --candidate 5'))
    .action((parameters: PublishParameters) =>
      session.withCheckpoints((context, store) => runPublish(context, store, parameters)),
    );
};

/** Decisions on what is published; each is a publication under the next number. */
export const addPublications: AddCommand = (program, session) => {
  program
    .command('promote')
    .description('publish the candidate for everybody, or for more of the users')
    .option('--share <percent>', 'for so many of the users', percent, 100)
    .addHelpText('after', examples('promote --share 50', 'promote'))
    .action(({ share }: { share: number }) =>
      session.withCheckpoints(({ print }, store) => promote(store, print, share)),
    );
  program
    .command('withdraw')
    .description('end the candidate: its users get what serves the others')
    .addHelpText('after', examples('withdraw'))
    .action(() => session.withCheckpoints(({ print }, store) => withdraw(store, print)));
  program
    .command('rollback')
    .description('publish an older checkpoint for everybody again')
    .argument('[number]', 'which one (default: what served everybody before)', wholeNumber(1))
    .addHelpText('after', examples('rollback', 'rollback 12'))
    .action((to: number | undefined) => session.withCheckpoints(({ print }, store) => rollBack(store, print, to)));
};
