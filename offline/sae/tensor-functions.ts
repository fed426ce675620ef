/** What the losses of several kinds of dictionaries are made of. */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs';
import { affine } from '../../src/model/gradients.js';

/** mean over rows of ||row||_2^2. [N, d] */
export const meanSquaredNorm = (x: Tensor): Scalar => x.square().sum(1).mean();

/** a b, with a gradient that every runtime runs well. a [N, m], b [m, d] -> [N, d]. */
export const product = (a: Tensor2D, b: Tensor2D): Tensor2D => affine(a, b, tf.zeros([b.shape[1]]));

/** The same values, as constants: no gradient passes. */
export function constant(x: Tensor2D): Tensor2D {
  const op = tf.customGrad((...inputs) => {
    const [value] = inputs as [Tensor2D];
    return { value: value.clone(), gradFunc: (dy) => tf.zerosLike(dy as Tensor2D) };
  });
  return op(x) as Tensor2D;
}
