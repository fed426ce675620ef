/**
 * JumpReLU (Rajamanoharan et al. 2024, "Jumping ahead: improving reconstruction fidelity with JumpReLU sparse
 * autoencoders") with a threshold theta_j of its own for every feature, trained towards a mean of k active features:
 *   f = z H(z - theta),   loss = mean ||x - x^||_2^2 + lambda (mean ||f||_0 / k - 1)^2
 * H is the Heaviside step. Both jumps have no gradient; with the rectangle K(u) = 1 for |u| < 1/2, else 0, they are given
 *   d f / d theta = -(theta / epsilon) K((z - theta) / epsilon),   d ||f||_0 / d theta = -(1 / epsilon) K(...)
 * and d f / d z = H(z - theta). The sparsity term rises to its weight, as it does there.
 */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { decode } from '../../../src/model/sae.js';
import { meanSquaredNorm } from '../tensor-functions.js';
import type { Recipe } from '../dictionary.js';
import { trainedPreActivations } from '../pre-activations.js';

/** The paper's .001 is for activations of norm 1; here the norm is about sqrt(d), and SAELens has .05 for such. */
const EPSILON = 0.05;
const FIRST_THRESHOLD = 0.1;
/** lambda, as in dictionary_learning. */
const WEIGHT = 1;
/** Part of the training over which lambda rises. */
const RISING = 0.2;

export const jumpReluRecipe = (k: number): Recipe => ({
  encoder: 'unrelated',
  threshold: FIRST_THRESHOLD,
  code(weights, x, progress) {
    if (weights.logThreshold === undefined) throw new Error('JumpReLU trains thresholds, and there are none');
    const z = trainedPreActivations(weights, x);
    const theta = weights.logThreshold.exp() as Tensor1D;
    const f = jumpRelu(z, theta);
    const reconstruction = decode(weights, f);
    const l0 = step(z, theta).sum(1).mean();
    const sparsity = l0.div(k).sub(1).square();
    const weight = WEIGHT * Math.min(1, progress / RISING);
    const loss: Scalar = meanSquaredNorm(x.sub(reconstruction)).add(sparsity.mul(weight));
    return { loss, preActivations: z, features: f, reconstruction };
  },
  serve: ({ logThreshold }) => {
    if (logThreshold === undefined) throw new Error('JumpReLU serves by thresholds, and there are none');
    return { activation: { kind: 'threshold' }, threshold: logThreshold.dataSync<'float32'>().map(Math.exp) };
  },
});

/** z H(z - theta). z [N, m], theta [m], positive. */
export function jumpRelu(z: Tensor2D, theta: Tensor1D): Tensor2D {
  const op = tf.customGrad((...inputs) => {
    const [value, threshold, save] = inputs as unknown as [Tensor2D, Tensor1D, tf.GradSaveFunc];
    const isOpen = value.greater(threshold).toFloat();
    save([isOpen, value, threshold]);
    return {
      value: value.mul(isOpen),
      gradFunc: (dy, saved) => {
        const [open, before, t] = saved as [Tensor2D, Tensor2D, Tensor1D];
        const near = rectangle(before, t).mul(dy as Tensor2D);
        return [(dy as Tensor2D).mul(open), near.sum(0).mul(t).div(-EPSILON)];
      },
    };
  });
  return op(z, theta) as Tensor2D;
}

/** H(z - theta), whose gradient reaches theta alone. */
export function step(z: Tensor2D, theta: Tensor1D): Tensor2D {
  const op = tf.customGrad((...inputs) => {
    const [value, threshold, save] = inputs as unknown as [Tensor2D, Tensor1D, tf.GradSaveFunc];
    save([value, threshold]);
    return {
      value: value.greater(threshold).toFloat(),
      gradFunc: (dy, saved) => {
        const [before, t] = saved as [Tensor2D, Tensor1D];
        const near = rectangle(before, t).mul(dy as Tensor2D);
        return [tf.zerosLike(before), near.sum(0).div(-EPSILON)];
      },
    };
  });
  return op(z, theta) as Tensor2D;
}

const rectangle = (z: Tensor2D, theta: Tensor1D): Tensor =>
  z
    .sub(theta)
    .abs()
    .less(EPSILON / 2)
    .toFloat();
