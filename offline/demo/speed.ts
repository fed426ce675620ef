/** Measures how long an epoch of a plan takes on the runtime present, from a few users. */
import { initialGptRec } from '../train/initialise.js';
import type { Split } from '../dataset/split.js';
import { trainingParts, userCount } from '../train/batches.js';
import { createDropouts } from '../train/dropout.js';
import { trainingStep } from '../train/gptrec-training.js';
import { disposeOptimised, startOptimising } from '../train/optimised.js';
import type { Plan } from './plans.js';

/** Users of the measured steps: few, since a whole step at the paper's size takes WebAssembly long. */
const FEW = 8;
const MORE = 40;

/**
 * Seconds of one epoch. A step costs a fixed part (the optimiser passes over all weights) and a part for each user: two
 * sizes of step tell them apart.
 */
export function measureEpoch(split: Split, plan: Plan): number {
  const users = userCount(split.train);
  const [few, more] = [Math.min(FEW, users), Math.min(MORE, users)];
  const [ofFew, ofMore] = [measureStep(split, plan, few), measureStep(split, plan, more)];
  const perUser = more > few ? Math.max(0, (ofMore - ofFew) / (more - few)) : ofFew / few;
  const fixed = Math.max(0, ofFew - few * perUser);
  return Math.ceil(users / plan.train.batch) * fixed + users * perUser;
}

/** Seconds of a training step: the faster of two, after one that warms up. */
function measureStep(split: Split, { train }: Plan, users: number): number {
  const { width, heads, layers, window, learningRate, dropout } = train;
  const shape = { items: split.items.length, width, heads, layers, window };
  const parts = trainingParts(
    split.train,
    Int32Array.from({ length: users }, (_, user) => user),
    window,
  );
  const dropouts = createDropouts(dropout);
  let state = startOptimising(initialGptRec(shape, 0));
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const started = performance.now();
    state = trainingStep(state, parts, { shape, learningRate }, dropouts(0, i));
    if (i > 0) fastest = Math.min(fastest, (performance.now() - started) / 1000);
  }
  disposeOptimised(state);
  return fastest;
}
