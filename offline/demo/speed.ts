/** Measures how long an epoch of a plan takes on the runtime present, from a few users. */
import { initialGptRec } from '../train/initialise.js';
import type { Split } from '../dataset/split.js';
import { trainingBatch, userCount } from '../train/batches.js';
import { createDropout } from '../train/dropout.js';
import { trainingStep } from '../train/gptrec-training.js';
import { disposeOptimised, startOptimising } from '../train/optimised.js';
import type { Plan } from './plans.js';

/** Users of the measured step; few, since a step at the paper's size takes WebAssembly many seconds. */
const USERS = 8;

/** Seconds of one epoch, from the second of two small steps (the first one warms up). */
export function measureEpoch(split: Split, { train }: Plan): number {
  const { width, heads, layers, window, learningRate, dropout } = train;
  const shape = { items: split.items.length, width, heads, layers, window };
  const users = Math.min(USERS, userCount(split.train));
  const batch = trainingBatch(
    split.train,
    Int32Array.from({ length: users }, (_, user) => user),
    window,
  );
  let state = startOptimising(initialGptRec(shape, 0));
  let seconds = 0;
  for (let i = 0; i < 2; i++) {
    const started = performance.now();
    state = trainingStep(state, batch, { shape, learningRate }, createDropout(dropout, 0, i));
    seconds = (performance.now() - started) / 1000;
  }
  disposeOptimised(state);
  return (seconds / users) * userCount(split.train);
}
