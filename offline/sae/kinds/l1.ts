/**
 * ReLU and an L1 penalty, the paper's dictionary (section 3):
 *   f = ReLU(z)
 *   loss = mean ||x - x^||_2 + l1 * mean ||f||_1     `unsquared`, what the authors' code minimises and Table 1 shows
 *   loss = mean ||x - x^||_2^2 + l1 * mean ||f||_1   `squared`, what the text says; much less sparse at equal l1
 */
import * as tf from '@tensorflow/tfjs';
import type { Scalar } from '@tensorflow/tfjs';
import { decode, preActivations } from '../../../src/model/sae.js';
import type { Recipe, Sparsity } from '../dictionary.js';

/** Keeps the root differentiable where the reconstruction is exact. */
const SMALLEST = 1e-12;

export const l1Recipe = ({ l1, loss: kind }: Sparsity & { kind: 'l1' }): Recipe => ({
  encoder: 'unrelated',
  code(weights, x) {
    const z = preActivations(weights, x);
    const f = tf.relu(z);
    const reconstruction = decode(weights, f);
    const squared = x.sub(reconstruction).square().sum(1);
    const error = kind === 'squared' ? squared.mean() : squared.add(SMALLEST).sqrt().mean();
    const loss: Scalar = error.add(f.sum(1).mean().mul(l1));
    return { loss, preActivations: z, features: f, reconstruction };
  },
  serve: () => ({ activation: { kind: 'relu' } }),
});
