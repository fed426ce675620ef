/**
 * A processor that dies on purpose: `child.js FOLDER [STEP N]` runs to the log's end, or kills itself the N-th time it
 * reaches STEP. At the end it prints how often it reached each step, as JSON.
 */
import { openStores, runToEnd } from '../builders/stream.js';

const [folder, killStep, killAt] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: child.js FOLDER [STEP N]');

// A child must not outlive the test that waits for it.
process.stdin.on('close', () => process.exit(1)).resume();
process.stdin.unref();

const { log, store } = openStores(folder);
const reached: Record<string, number> = {};
await runToEnd(log, store, (step) => {
  reached[step] = (reached[step] ?? 0) + 1;
  if (step === killStep && reached[step] === Number(killAt)) process.kill(process.pid, 'SIGKILL');
});
await log.close();
await store.close();
process.stdout.write(JSON.stringify(reached));
