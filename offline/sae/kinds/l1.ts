/**
 * ReLU and an L1 penalty, the paper's dictionary (section 3):
 *   f = ReLU(z)
 *   loss = mean ||x - x^||_2 + l1 * mean ||f||_1     `unsquared`, what the authors' code minimises and Table 1 shows
 *   loss = mean ||x - x^||_2^2 + l1 * mean ||f||_1   `squared`, what the text says; much less sparse at equal l1
 */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { relu, sumRows, timesTransposed, transposedTimes } from '../../../src/model/gradients.js';
import { decode } from '../../../src/model/sae.js';
import type { Recipe, Sparsity, Trained } from '../dictionary.js';
import { trainedPreActivations } from '../pre-activations.js';

/** Keeps the root differentiable where the reconstruction is exact. */
const SMALLEST = 1e-12;

export const l1Recipe = ({ l1, loss: kind }: Sparsity & { kind: 'l1' }): Recipe => ({
  encoder: 'unrelated',
  code(weights, x) {
    const z = trainedPreActivations(weights, x);
    const f = relu(z);
    const loss = lossOf(weights, f, x, { l1, kind });
    return { loss, preActivations: z, features: f, reconstruction: () => decode(weights, f) };
  },
  serve: () => ({ activation: { kind: 'relu' } }),
});

/**
 * With D [N, d] the gradient of the error by x^: d/d f = [D, 1] [W_dec, l1 / N]^T, one product for both terms,
 * d/d W_dec = f^T D, d/d b_dec = sum of the rows of D. f [N, m], x [N, d].
 */
function lossOf(
  { decoder, decoderBias }: Trained,
  f: Tensor2D,
  x: Tensor2D,
  { l1, kind }: { readonly l1: number; readonly kind: 'unsquared' | 'squared' },
): Scalar {
  const [N] = x.shape;
  const [m] = decoder.shape as [number, number];
  const op = tf.customGrad((...inputs) => {
    const [active, W, b, save] = inputs as unknown as [Tensor2D, Tensor2D, Tensor1D, tf.GradSaveFunc];
    const error: Tensor2D = tf.matMul(active, W).add(b.sub(x));
    const squares = error.square().sum(1, true);
    const norms = squares.add(SMALLEST).sqrt();
    save([kind === 'squared' ? error.mul(2 / N) : error.div(norms.mul(N)), active, W]);
    return {
      value: (kind === 'squared' ? squares : norms).mean<Scalar>().add(active.sum().mul(l1 / N)),
      gradFunc: (dy, saved) => {
        const [ofError, features, rows] = saved as [Tensor2D, Tensor2D, Tensor2D];
        const D: Tensor2D = ofError.mul(dy as Scalar);
        const both: Tensor2D = tf.concat([D, tf.ones([N, 1]).mul(dy as Scalar)], 1);
        const ofFeatures = timesTransposed(both, tf.concat([rows, tf.fill([m, 1], l1 / N)], 1));
        return [ofFeatures, transposedTimes(features, D), sumRows(D)];
      },
    };
  });
  return op(f, decoder, decoderBias) as Scalar;
}
