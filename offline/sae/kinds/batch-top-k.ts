/**
 * BatchTopK (Bussmann et al. 2024, "BatchTopK sparse autoencoders"): the N k greatest of a whole batch of N, so that an
 * activation may take more features than k and another fewer,
 *   f = ReLU(BatchTopK(z)),   loss = mean ||x - x^||_2^2
 * There is no batch where it serves, so a feature is active above
 *   theta = E over batches of min { f_ij > 0 }          (their equation 6)
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor2D } from '@tensorflow/tfjs';
import { gated } from '../../../src/model/gradients.js';
import { kthGreatest } from '../../../src/model/kth-greatest.js';
import { decode, preActivations } from '../../../src/model/sae.js';
import { meanSquaredError } from '../tensor-functions.js';
import type { Recipe, Trained } from '../dictionary.js';
import { trainedPreActivations } from '../pre-activations.js';

export const batchTopKRecipe = (k: number): Recipe => ({
  encoder: 'transposed',
  code(weights, x) {
    const z = trainedPreActivations(weights, x);
    const f = batchTopKActivation(z, k);
    const reconstruction = decode(weights, f);
    return {
      loss: meanSquaredError(reconstruction, () => x),
      preActivations: z,
      features: f,
      reconstruction: () => reconstruction,
    };
  },
  serve: (weights, sample) => serveByThreshold(weights, k, sample()),
});

/** ReLU of the N k greatest of z [N, m], 0 elsewhere; equals of the last of them stay. */
export function batchTopKActivation(z: Tensor2D, k: number): Tensor2D {
  const [N, m] = z.shape;
  if (k >= m) return tf.relu(z);
  return gated(z, (value) => value.greaterEqual(kthGreatest(value.dataSync<'float32'>(), N * k)));
}

/** theta, the same for every feature. A batch without any active feature says nothing. */
export function serveByThreshold(
  weights: Trained,
  k: number,
  batches: Iterable<Tensor2D>,
): ReturnType<Recipe['serve']> {
  const least: number[] = [];
  for (const x of batches) {
    const smallest = tf.tidy(() => {
      const f = batchTopKActivation(preActivations(weights, x), k);
      return tf.where(f.greater(0), f, Number.POSITIVE_INFINITY).min();
    });
    const value = smallest.dataSync()[0] ?? Number.POSITIVE_INFINITY;
    smallest.dispose();
    if (Number.isFinite(value)) least.push(value);
  }
  const theta = least.reduce((sum, value) => sum + value, 0) / Math.max(1, least.length);
  return {
    activation: { kind: 'threshold' },
    threshold: new Float32Array(weights.encoderBias.size).fill(theta),
  };
}
