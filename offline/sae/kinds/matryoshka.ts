/**
 * Matryoshka BatchTopK (Bussmann et al. 2025, "Learning multi-level features with Matryoshka sparse autoencoders"): the
 * first features of the dictionary must reconstruct without the later ones, so that they stay general,
 *   loss = 1/G sum_g mean ||x - (f_1..m_g W_dec + b_dec)||_2^2,   f by BatchTopK over the whole dictionary
 * The paper sums over the G prefixes; the mean keeps the loss at the scale of the other kinds. It serves as BatchTopK.
 */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { sumRows, timesTransposed, transposedTimes } from '../../../src/model/gradients.js';
import { decode } from '../../../src/model/sae.js';
import { meanSquaredNorm } from '../tensor-functions.js';
import type { Recipe, Trained } from '../dictionary.js';
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
    const loss = prefixLoss(weights, f, x);
    return { loss, preActivations: z, features: f, reconstruction: () => decode(weights, f) };
  },
  serve: (weights, sample) => serveByThreshold(weights, k, sample()),
});

/**
 * With e_g = x^_g - x of prefix g, the features and rows that came with prefix g act on all prefixes from there on:
 *   D_g = 2 / (N G) sum_{h >= g} e_h,   d/d f_g = D_g W_g^T,   d/d W_g = f_g^T D_g,   d/d b_dec = sum of the rows of D_1
 * f [N, m], x [N, d].
 */
function prefixLoss({ decoder, decoderBias }: Trained, f: Tensor2D, x: Tensor2D): Scalar {
  const [N, d] = x.shape;
  const sizes = prefixSizes(f.shape[1]);
  const G = sizes.length;
  const parts = sizes.map((to, g) => to - (sizes[g - 1] ?? 0));
  const op = tf.customGrad((...inputs) => {
    const [all, W, b, save] = inputs as unknown as [Tensor2D, Tensor2D, Tensor1D, tf.GradSaveFunc];
    const features: Tensor2D[] = tf.split(all, parts, 1);
    const rows: Tensor2D[] = tf.split(W, parts);
    const errors: Tensor2D[] = [];
    for (const [g, part] of features.entries())
      errors.push(tf.matMul<Tensor2D>(part, at(rows, g)).add(g === 0 ? b.sub(x) : at(errors, g - 1)));
    save([...features, ...rows, ...errors]);
    return {
      value: tf.addN(errors.map(meanSquaredNorm)).div<Scalar>(G),
      gradFunc: (dy, saved) => {
        const scale = (dy as Scalar).mul(2 / (N * G));
        const [ofFeatures, ofRows]: [Tensor2D[], Tensor2D[]] = [[], []];
        let D: Tensor2D = tf.zeros([N, d]);
        for (let g = G - 1; g >= 0; g--) {
          const [part, under, error] = [0, G, 2 * G].map((from) => at(saved, from + g)) as [
            Tensor2D,
            Tensor2D,
            Tensor2D,
          ];
          D = D.add(error.mul(scale));
          ofFeatures.unshift(timesTransposed(D, under));
          ofRows.unshift(transposedTimes(part, D));
        }
        return [tf.concat(ofFeatures, 1), tf.concat(ofRows), sumRows(D)];
      },
    };
  });
  return op(f, decoder, decoderBias) as Scalar;
}

function at<T>(list: readonly T[], index: number): T {
  const one = list[index];
  if (one === undefined) throw new Error('every prefix has features, rows and an error');
  return one;
}
