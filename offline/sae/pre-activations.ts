/**
 * The encoder in training: the model's own z = (x - b_dec) W_enc + b_enc for a batch that is no weight. Its gradient costs
 * one product of a batch and not two:
 *   d/d [W_enc; b_enc] = [x - b_dec, 1]^T dz,   d/d b_dec = -W_enc (sum of the rows of dz)
 * N activations, d width, m features.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { transposedTimes } from '../../src/model/gradients.js';
import type { SaeCore } from '../../src/model/sae.js';

/** Normalised x [N, d], a constant -> z [N, m]. */
export function trainedPreActivations(
  { encoder, encoderBias, decoderBias }: Pick<SaeCore, 'encoder' | 'encoderBias' | 'decoderBias'>,
  x: Tensor2D,
): Tensor2D {
  const op = tf.customGrad((...inputs) => {
    const [W, b, origin, save] = inputs as unknown as [Tensor2D, Tensor1D, Tensor1D, tf.GradSaveFunc];
    const [d, m] = W.shape;
    // Bias and weights in one product: a pass over z less, and one less over its gradient.
    const input: Tensor2D = tf.concat([x.sub(origin), tf.ones([x.shape[0], 1])], 1);
    save([input, W]);
    return {
      value: tf.matMul(input, tf.concat([W, b.expandDims(0)])),
      gradFunc: (dz, saved) => {
        const [before, matrix] = saved as [Tensor2D, Tensor2D];
        const [ofW, ofB] = tf.split(transposedTimes(before, dz as Tensor2D), [d, 1]) as [Tensor2D, Tensor2D];
        return [
          ofW,
          ofB.reshape([m]),
          tf
            .matMul(matrix, ofB.reshape([m, 1]))
            .reshape([d])
            .neg(),
        ];
      },
    };
  });
  return op(encoder, encoderBias, decoderBias) as Tensor2D;
}
