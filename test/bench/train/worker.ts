/** One process of the train bench: training steps of GPTRec or of the SAE on random data, on one runtime. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor2D } from '@tensorflow/tfjs';
import { PAPER_SAE } from '../../../offline/sae/dictionary.js';
import { DEAD_AFTER } from '../../../offline/sae/revival.js';
import { type SaeState, saeStep, startSae } from '../../../offline/sae/sae-step.js';
import { createRandom } from '../../../offline/random.js';
import type { Batch } from '../../../offline/train/batches.js';
import { createDropouts } from '../../../offline/train/dropout.js';
import { PAPER_TRAINING, trainingStep } from '../../../offline/train/gptrec-training.js';
import { initialGptRec } from '../../../offline/train/initialise.js';
import { disposeOptimised, startOptimising } from '../../../offline/train/optimised.js';
import { openRuntime, type RuntimeName } from '../../../src/adapters/tfjs/runtime.js';
import type { Part, PartTimings, TrainPlan } from './plan.js';

const SEED = 1;
const [runtime, part, plan] = JSON.parse(process.argv[2] ?? '') as [RuntimeName, Part, TrainPlan];
await openRuntime(runtime);
const ms = part === 'gptrec' ? timeGptRec() : timeSae();
process.send?.({ ms, peakBytes: process.resourceUsage().maxRSS * 1024 } satisfies PartTimings);

function timed(steps: number, step: (index: number) => void): readonly number[] {
  const ms: number[] = [];
  for (let i = 0; i < plan.warmUp + steps; i++) {
    const started = performance.now();
    step(i);
    if (i >= plan.warmUp) ms.push(performance.now() - started);
  }
  return ms;
}

function timeGptRec(): readonly number[] {
  const { batch, dropout, steps, ...shape } = plan.gptrec;
  const dropouts = createDropouts(dropout);
  let state = startOptimising(initialGptRec(shape, SEED));
  const ms = timed(steps, (index) => {
    const dropped = dropouts(SEED, 1, index);
    const { learningRate } = PAPER_TRAINING;
    state = trainingStep(state, [fullBatch(batch, shape.window, shape.items, index)], { shape, learningRate }, dropped);
  });
  disposeOptimised(state);
  return ms;
}

/** Every window full, popular items often. */
function fullBatch(size: number, window: number, items: number, index: number): Batch {
  const random = createRandom(SEED, index);
  const draw = (): number => Math.floor(items * random.random() ** 2);
  const count = size * window;
  return {
    inputs: Int32Array.from({ length: count }, draw),
    targets: Int32Array.from({ length: count }, draw),
    positions: Int32Array.from({ length: count }, (_, i) => i),
    size,
    window,
  };
}

function timeSae(): readonly number[] {
  const { features, batch, l1, steps } = plan.sae;
  const settings = { features, sparsity: { kind: 'l1', l1, loss: PAPER_SAE.loss }, revive: 0 } as const;
  const schedule = { ...PAPER_SAE, deadAfter: DEAD_AFTER };
  let state: SaeState = startSae(settings, plan.gptrec.width, SEED);
  const x: Tensor2D = tf.randomNormal([batch, plan.gptrec.width], 0, 1, 'float32', SEED);
  const ms = timed(steps, () => {
    state = saeStep(state, x, settings, schedule);
  });
  disposeOptimised(state);
  x.dispose();
  return ms;
}
