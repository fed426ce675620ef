/**
 * An exponential moving average of the weights along the steps (Polyak and Juditsky 1992): it is less noisy than the
 * weights of any one step, much as if the learning rate had fallen.
 */
import * as tf from '@tensorflow/tfjs';
import { tensorsOf, withTensors } from './optimised.js';

/**
 * The average after one more step; the old one is left to the caller to dispose of.
 * @param step counted from 0: the first averages forget faster, so that the first weights do not stay in them
 */
export function averaged<W extends object>(average: W, weights: W, decay: number, step: number): W {
  const kept = Math.min(decay, (1 + step) / (10 + step));
  const now = tensorsOf(weights);
  const next = tensorsOf(average).map((old, i) =>
    tf.tidy(() => {
      const weight = now[i];
      if (weight === undefined) throw new Error('weights and their average must correspond');
      return old.mul(kept).add(weight.mul(1 - kept));
    }),
  );
  return withTensors(average, next);
}
