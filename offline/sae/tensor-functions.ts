/** What the losses of several kinds of dictionaries are made of. */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs';
import { affine } from '../../src/model/gradients.js';

/** mean over rows of ||row||_2^2. [N, d] */
export const meanSquaredNorm = (x: Tensor): Scalar => x.square().sum(1).mean();

/** a b, with a gradient that every runtime runs well. a [N, m], b [m, d] -> [N, d]. */
export const product = (a: Tensor2D, b: Tensor2D): Tensor2D => affine(a, b, tf.zeros([b.shape[1]]));

/**
 * mean ||rebuilt - x||_2^2 by rows, whose gradient reaches `rebuilt` alone. Both [N, d].
 * @param x makes a constant
 * @param plus makes a further term of the value, whose gradient the caller has elsewhere
 */
export function meanSquaredError(rebuilt: Tensor2D, x: () => Tensor2D, plus?: () => Scalar): Scalar {
  const op = tf.customGrad((...inputs) => {
    const [now, save] = inputs as unknown as [Tensor2D, tf.GradSaveFunc];
    const error: Tensor2D = now.sub(x());
    save([error]);
    const scale = 2 / now.shape[0];
    return {
      value: plus ? meanSquaredNorm(error).add<Scalar>(plus()) : meanSquaredNorm(error),
      gradFunc: (dy, [e]) => (e as Tensor2D).mul((dy as Scalar).mul(scale)),
    };
  });
  return op(rebuilt) as Scalar;
}
