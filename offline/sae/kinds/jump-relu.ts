/**
 * JumpReLU (Rajamanoharan et al. 2024, "Jumping ahead: improving reconstruction fidelity with JumpReLU sparse
 * autoencoders") with a threshold theta_j of its own for every feature, trained towards a mean of k active features:
 *   f = z H(z - theta),   loss = mean ||x - x^||_2^2 + lambda (mean ||f||_0 / k - 1)^2
 * H is the Heaviside step. Both jumps have no gradient; with the rectangle K(u) = 1 for |u| < 1/2, else 0, they are given
 *   d f / d theta = -(theta / epsilon) K((z - theta) / epsilon),   d ||f||_0 / d theta = -(1 / epsilon) K(...)
 * and d f / d z = H(z - theta). The sparsity term rises to its weight, as it does there. Their constants are for
 * activations of norm 1; here the norm is about sqrt(d), and squares are d times as large.
 */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { reluGradient, sumRows } from '../../../src/model/gradients.js';
import { decode } from '../../../src/model/sae.js';
import { meanSquaredError } from '../tensor-functions.js';
import type { Recipe } from '../dictionary.js';
import { trainedPreActivations } from '../pre-activations.js';

/**
 * SAELens has .05 for such activations, and begins thresholds at .01. Those are left behind by what lies far above them,
 * where no gradient reaches them: k was missed by up to 90 % (docs/results/dictionaries.md).
 */
const EPSILON = 0.2;
const FIRST_THRESHOLD = 0.5;
/** Part of the training over which lambda rises. */
const RISING = 0.2;

export const jumpReluRecipe = (k: number): Recipe => ({
  encoder: 'unrelated',
  threshold: FIRST_THRESHOLD,
  code(weights, x, progress) {
    if (weights.logThreshold === undefined) throw new Error('JumpReLU trains thresholds, and there are none');
    const z = trainedPreActivations(weights, x);
    const theta = weights.logThreshold.exp() as Tensor1D;
    const [N, d] = x.shape;
    // dictionary_learning has a lambda of 1.
    const weight = d * Math.min(1, progress / RISING);
    // In terms of how many of the N m are open: the sparsity's term, and its derivative.
    const excess = (open: Scalar): Scalar => open.div<Scalar>(N * k).sub(1);
    const f = jumpRelu(z, theta, (open) => excess(open).mul((2 * weight) / (N * k)));
    const reconstruction = decode(weights, f);
    const sparsity = (): Scalar => excess(f.sign().sum()).square().mul(weight);
    const loss = meanSquaredError(reconstruction, () => x, sparsity);
    return { loss, preActivations: z, features: f, reconstruction: () => reconstruction };
  },
  serve: ({ logThreshold }) => {
    if (logThreshold === undefined) throw new Error('JumpReLU serves by thresholds, and there are none');
    return { activation: { kind: 'threshold' }, threshold: logThreshold.dataSync<'float32'>().map(Math.exp) };
  },
});

/**
 * f = z H(z - theta). z [N, m], theta [m], positive.
 * @param pull from how many of the N m are open, the derivative by that number of another term of the loss: its gradient
 *   joins that of f, in the same passes
 */
export function jumpRelu(z: Tensor2D, theta: Tensor1D, pull: (open: Scalar) => Scalar): Tensor2D {
  const op = tf.customGrad((...inputs) => {
    const [value, threshold, save] = inputs as unknown as [Tensor2D, Tensor1D, tf.GradSaveFunc];
    const isOpen = value.greater(threshold).toFloat();
    const f: Tensor2D = value.mul(isOpen);
    save([f, value, threshold, isOpen.sum()]);
    return {
      value: f,
      gradFunc: (dy, saved) => {
        const [after, before, t, open] = saved as [Tensor2D, Tensor2D, Tensor1D, Scalar];
        const near = rectangle(before, t);
        const ofF = sumRows(near.mul(dy as Tensor2D)).mul(t);
        const ofOpen = sumRows(near).mul(pull(open));
        return [reluGradient(dy as Tensor2D, after), ofF.add(ofOpen).div(-EPSILON)];
      },
    };
  });
  return op(z, theta) as Tensor2D;
}

/** K((z - theta) / epsilon) */
const rectangle = (z: Tensor2D, theta: Tensor1D): Tensor2D =>
  z
    .sub(theta)
    .abs()
    .less<Tensor2D>(EPSILON / 2)
    .toFloat();
