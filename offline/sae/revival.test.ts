import * as tf from '@tensorflow/tfjs';
import type { Tensor2D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { disposeOptimised, startOptimising } from '../train/optimised.js';
import { batchRows, type SaeSettings, saeStep, type SaeState, startSae } from './sae-step.js';
import { countIdle, REVIVE } from './revival.js';

const [d, m, N] = [8, 24, 200];
const [BATCH, STEPS, DEAD_AFTER] = [32, 300, 160];
const SCHEDULE = { steps: STEPS, warmUp: 1, learningRate: 0.01, deadAfter: DEAD_AFTER };

/** A start whose second half reads so faintly that it is never among the k greatest, and so learns nothing. */
function halfDead(settings: SaeSettings): SaeState {
  const state = startSae(settings, d, 1);
  const faint = tf.tensor1d(Array.from({ length: m }, (_, j) => (j < m / 2 ? 1 : 0.01)));
  const encoder = tf.tidy(() => state.weights.encoder.mul(faint));
  const start = startOptimising({ ...state.weights, encoder });
  tf.dispose([faint, state.weights.encoder, ...state.moments.first, ...state.moments.second]);
  return { ...start, idle: state.idle };
}

/** How many of the second half were active for any of the last activations. */
function revived(revive: number): number {
  const settings: SaeSettings = { features: m, sparsity: { kind: 'topk', k: 2 }, revive };
  const data = tf.tensor2d(
    Array.from({ length: N * d }, (_, i) => Math.sin(i * i * 0.7 + i)),
    [N, d],
  );
  let state = halfDead(settings);
  for (let i = 1; i <= STEPS; i++) {
    const x: Tensor2D = tf.gather(data, batchRows({ seed: 1, batch: BATCH }, i, N));
    state = saeStep(state, x, settings, SCHEDULE);
    x.dispose();
  }
  disposeOptimised(state);
  data.dispose();
  return state.idle.slice(m / 2).filter((count) => count < DEAD_AFTER).length;
}

describe('dead features', () => {
  beforeAll(() => openRuntime('wasm'));

  it('stay dead where nothing revives them, and live where AuxK does', () => {
    expect(revived(0)).toBeLessThanOrEqual(2);
    expect(revived(REVIVE)).toBeGreaterThanOrEqual(8);
  });

  it('are those that were active for none of so many activations', () => {
    const counted = countIdle(Float32Array.of(0, 90, 100, 100), Float32Array.of(3, 0, 0, 1), 32, 100);
    expect([...counted]).toEqual([0, 100, 100, 0]);
  });
});
