/**
 * Matryoshka BatchTopK (Bussmann et al. 2025, "Learning multi-level features with Matryoshka sparse autoencoders"): the
 * first features of the dictionary must reconstruct without the later ones, so that they stay general,
 *   loss = 1/G sum_g mean ||x - (f_1..m_g W_dec + b_dec)||_2^2,   f by BatchTopK over the whole dictionary
 * The paper sums over the G prefixes; the mean keeps the loss at the scale of the other kinds. It serves as BatchTopK.
 */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import { meanSquaredNorm, product } from '../tensor-functions.js';
import type { Recipe } from '../dictionary.js';
import { trainedPreActivations } from '../pre-activations.js';
import { batchTopKActivation, serveByThreshold } from './batch-top-k.js';

/** Prefixes of 1/16, 1/8, 1/4, 1/2 and all of m: each twice the one before, as in the paper (2,048 to 32,768). */
const PARTS = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1] as const;

/** m_1 < ... < m_G = m; fewer than five where the dictionary is tiny. */
export const prefixSizes = (m: number): number[] => [
  ...new Set(PARTS.map((part) => Math.max(1, Math.floor(part * m)))),
];

export const matryoshkaRecipe = (k: number): Recipe => ({
  encoder: 'transposed',
  code(weights, x) {
    const z = trainedPreActivations(weights, x);
    const f = batchTopKActivation(z, k);
    const decoder = weights.decoder as Tensor2D;
    const errors: Scalar[] = [];
    let from = 0;
    let reconstruction = tf.zerosLike(x).add(weights.decoderBias) as Tensor2D;
    for (const to of prefixSizes(f.shape[1])) {
      const part = product(f.slice([0, from], [-1, to - from]), decoder.slice([from, 0], [to - from, -1]));
      reconstruction = reconstruction.add(part);
      errors.push(meanSquaredNorm(x.sub(reconstruction)));
      from = to;
    }
    const loss = tf.addN(errors).div(errors.length) as Scalar;
    return { loss, preActivations: z, features: f, reconstruction };
  },
  serve: (weights, sample) => serveByThreshold(weights, k, sample()),
});
