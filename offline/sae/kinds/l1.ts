/**
 * ReLU and an L1 penalty, the paper's dictionary (section 3):
 *   f = ReLU(z)
 *   loss = mean ||x - x^||_2 + l1 * mean ||f||_1     `unsquared`, what the authors' code minimises and Table 1 shows
 *   loss = mean ||x - x^||_2^2 + l1 * mean ||f||_1   `squared`, what the text says; much less sparse at equal l1
 */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import { reluGradient } from '../../../src/model/gradients.js';
import { decode } from '../../../src/model/sae.js';
import type { Recipe, Sparsity } from '../dictionary.js';
import { trainedPreActivations } from '../pre-activations.js';

/** Keeps the root differentiable where the reconstruction is exact. */
const SMALLEST = 1e-12;

export const l1Recipe = ({ l1, loss: kind }: Sparsity & { kind: 'l1' }): Recipe => ({
  encoder: 'unrelated',
  code(weights, x) {
    const pull = l1 / x.shape[0];
    const z = trainedPreActivations(weights, x);
    const f = pulledRelu(z, pull);
    const reconstruction = decode(weights, f);
    const loss = lossOf(reconstruction, x, kind, () => f.sum<Scalar>().mul(pull));
    return { loss, preActivations: z, features: f, reconstruction };
  },
  serve: () => ({ activation: { kind: 'relu' } }),
});

/**
 * f = ReLU(z) in a loss that `pull` times the sum of f is a term of: the gradient of that term joins here, in the pass
 * that lets the others through where f > 0, and not as a matrix of its own. z [N, m].
 */
function pulledRelu(z: Tensor2D, pull: number): Tensor2D {
  const op = tf.customGrad((...inputs) => {
    const [before, save] = inputs as unknown as [Tensor2D, tf.GradSaveFunc];
    const f = tf.relu(before);
    save([f]);
    return { value: f, gradFunc: (df, [after]) => reluGradient((df as Tensor2D).add(pull), after as Tensor2D) };
  });
  return op(z) as Tensor2D;
}

/** mean ||x - x^|| or mean ||x - x^||^2, and the term whose gradient `pulledRelu` has. x^, x [N, d]. */
function lossOf(reconstruction: Tensor2D, x: Tensor2D, kind: 'unsquared' | 'squared', sparsity: () => Scalar): Scalar {
  const [N] = x.shape;
  const op = tf.customGrad((...inputs) => {
    const [rebuilt, save] = inputs as unknown as [Tensor2D, tf.GradSaveFunc];
    const error: Tensor2D = rebuilt.sub(x);
    const squares = error.square().sum(1, true);
    const norms = squares.add(SMALLEST).sqrt();
    save([kind === 'squared' ? error.mul(2 / N) : error.div(norms.mul(N))]);
    return {
      value: (kind === 'squared' ? squares : norms).mean<Scalar>().add(sparsity()),
      gradFunc: (dy, [gradient]) => (gradient as Tensor2D).mul(dy as Scalar),
    };
  });
  return op(reconstruction) as Scalar;
}
