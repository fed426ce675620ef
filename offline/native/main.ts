/** `npm run native -- cpu|gpu`: prepares the native TensorFlow runtime. Can be repeated at any time. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { endWhenOutputCloses } from '../../src/terminal/closed-output.js';
import { UserError } from '../../src/terminal/user-error.js';
import { compileAddon, presentAddon } from './addon.js';
import {
  announcement,
  fetchLibraries,
  isComplete,
  missingPrerequisites,
  type Flavour,
} from './tensorflow-libraries.js';

const HELP = `npm run native -- cpu|gpu

Prepares @tensorflow/tfjs-node-gpu against a current TensorFlow, for training and serving at native speed.
  cpu   runs on the processor (about six times faster than WebAssembly at the paper's size)
  gpu   runs on an NVIDIA card
Needs Linux, Python 3 with pip, g++. Without it everything works on WebAssembly.`;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(args: readonly string[]): Promise<void> {
  const [flavour, ...rest] = args;
  if (flavour === '--help' || flavour === '-h') {
    print(HELP);
    return;
  }
  if ((flavour !== 'cpu' && flavour !== 'gpu') || rest.length > 0) {
    const said = args.length > 0 ? `, not \`${args.join(' ')}\`` : '';
    throw new UserError(`say \`npm run native -- cpu\` or \`npm run native -- gpu\`${said}`);
  }
  await prepare(flavour);
}

async function prepare(flavour: Flavour): Promise<void> {
  const missing = await missingPrerequisites(flavour);
  if (missing.length > 0) throw new UserError(`missing: ${missing.join('; ')}`);
  if (!isComplete(flavour)) print(announcement(flavour));
  await fetchLibraries(flavour, print);
  const present = await presentAddon();
  if (present?.flavour === flavour && loads()) {
    print(`the ${flavour} runtime is ready (nothing to do)`);
    return;
  }
  print('compiling the addon (about 20 s)');
  await compileAddon(flavour);
  if (!loads(true)) throw new UserError('the addon was compiled and does not load; the lines above say why');
  print(`the ${flavour} runtime is ready`);
}

/** Tries the runtime in a process of its own: a bad library can take a process down with it. */
function loads(showErrors = false): boolean {
  const probe = fileURLToPath(new URL('./probe.js', import.meta.url));
  const result = spawnSync(process.execPath, [probe], {
    stdio: ['ignore', 'ignore', showErrors ? 'inherit' : 'ignore'],
  });
  return result.status === 0;
}

endWhenOutputCloses();
main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`native: ${error.message}\n`);
  process.exitCode = 2;
});
