/**
 * Tensor functions with gradients of their own: one pass where automatic differentiation would take many, and only
 * kernels that every runtime has and runs well. WebAssembly lacks the gradient of gather, multiplies by a transposed
 * matrix six to ten times slower than by one that was transposed first, and sums columns slower than it multiplies;
 * native TensorFlow multiplies by a transposed matrix as fast as by another.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { FLOATS, isNative, nativeOp } from './native.js';

const OF_FLOATS = { T: FLOATS } as const;
const COLUMNS = { T: FLOATS, data_format: { text: 'NHWC' } } as const;

/** Rows of a table. table [V, d], rows [N] int32 -> [N, d]; its gradient adds up equal rows. */
export function takeRows(table: Tensor2D, rows: Tensor1D): Tensor2D {
  const op = tf.customGrad((...inputs) => {
    const [source, save] = inputs as unknown as [Tensor2D, tf.GradSaveFunc];
    const { shape } = source;
    // Saved, since tensors made during the forward pass are gone by the time of the backward pass.
    save([rows]);
    return {
      value: tf.gather(source, rows),
      gradFunc: (dy, [indices]) => tf.scatterND((indices as Tensor1D).expandDims(1), dy as Tensor2D, shape),
    };
  });
  return op(table) as Tensor2D;
}

/** a b^T. a [N, d], b [M, d] -> [N, M]. */
export const timesTransposed = (a: Tensor2D, b: Tensor2D): Tensor2D =>
  isNative() ? tf.matMul(a, b, false, true) : tf.matMul(a, b.transpose());

/** a^T b, by way of whichever transposition moves less. a [N, d], b [N, m] -> [d, m]. */
export function transposedTimes(a: Tensor2D, b: Tensor2D): Tensor2D {
  if (isNative()) return tf.matMul(a, b, true);
  const [, d] = a.shape;
  const [, m] = b.shape;
  return a.size <= b.size + d * m ? tf.matMul(a.transpose(), b) : tf.matMul(b.transpose(), a).transpose();
}

/** Column sums, without a gradient. x [N, d] -> [d]. */
export const sumRows = (x: Tensor2D): Tensor1D =>
  isNative() ? nativeOp('BiasAddGrad', [x], COLUMNS) : tf.matMul(tf.ones([1, x.shape[0]]), x).flatten();

/** x W + b. x [N, in], weight [in, out], bias [out] -> [N, out]. */
export function affine(x: Tensor2D, weight: Tensor2D, bias: Tensor1D): Tensor2D {
  const op = tf.customGrad((...inputs) => {
    const [input, w, b, save] = inputs as unknown as [Tensor2D, Tensor2D, Tensor1D, tf.GradSaveFunc];
    save([input, w]);
    return {
      value: tf.matMul(input, w).add(b),
      gradFunc: (dy, saved) => {
        const [before, matrix] = saved as [Tensor2D, Tensor2D];
        const upstream = dy as Tensor2D;
        return [timesTransposed(upstream, matrix), transposedTimes(before, upstream), sumRows(upstream)];
      },
    };
  });
  return op(x, weight, bias) as Tensor2D;
}

/** dy where f > 0, else 0: the gradient of f = ReLU(z), without one of its own. Both of one shape. */
export const reluGradient = <T extends Tensor>(dy: T, f: T): T =>
  isNative() ? nativeOp('ReluGrad', [dy, f], OF_FLOATS) : dy.mul(f.greater(0).toFloat());

/** max(z, 0) */
export function relu(z: Tensor2D): Tensor2D {
  const op = tf.customGrad((...inputs) => {
    const [value, save] = inputs as unknown as [Tensor2D, tf.GradSaveFunc];
    const f = tf.relu(value);
    save([f]);
    return { value: f, gradFunc: (dy, [after]) => reluGradient(dy as Tensor2D, after as Tensor2D) };
  });
  return op(z) as Tensor2D;
}

/**
 * z where `isOpen(z)`, else 0; the gradient passes where that is positive (and none through the choice). isOpen: [N, m]
 * to bool [N, m], false for all that is negative.
 */
export function gated(z: Tensor2D, isOpen: (z: Tensor2D) => Tensor): Tensor2D {
  const op = tf.customGrad((...inputs) => {
    const [value, save] = inputs as unknown as [Tensor2D, tf.GradSaveFunc];
    const f = value.mul<Tensor2D>(isOpen(value).toFloat());
    save([f]);
    return { value: f, gradFunc: (dy, [after]) => reluGradient(dy as Tensor2D, after as Tensor2D) };
  });
  return op(z) as Tensor2D;
}

const GELU_SCALE = Math.sqrt(2 / Math.PI);
const GELU_CUBE = 0.044715;

/**
 * GELU, tanh form (Hendrycks and Gimpel 2016; as in GPT-2): x/2 (1 + tanh(u)) with u = sqrt(2/pi) (x + .044715 x^3),
 * written as x sigmoid(2u), which is the same. With s = sigmoid(2u): d/dx = s + s (1 - s) (6u - 2 c x), c = 2 sqrt(2/pi).
 */
export function gelu(x: Tensor): Tensor {
  const op = tf.customGrad((...inputs) => {
    const [input, save] = inputs as unknown as [Tensor, tf.GradSaveFunc];
    const twice = input
      .square()
      .mul(2 * GELU_SCALE * GELU_CUBE)
      .add(2 * GELU_SCALE)
      .mul(input);
    const gate = twice.sigmoid();
    save([input, twice, gate]);
    return {
      value: gate.mul(input),
      gradFunc: (dy, saved) => {
        const [value, u2, open] = saved as [Tensor, Tensor, Tensor];
        const slope = u2.mul(3).sub(value.mul(4 * GELU_SCALE));
        const upstream = dy as Tensor;
        return sigmoidGradient(upstream, open).mul(slope).add(upstream.mul(open));
      },
    };
  });
  return op(x);
}

/** dy s (1 - s): the gradient of s = sigmoid, without one of its own. */
const sigmoidGradient = (dy: Tensor, s: Tensor): Tensor =>
  isNative() ? nativeOp('SigmoidGrad', [s, dy], OF_FLOATS) : tf.sub(1, s).mul(s).mul(dy);

/** Layer normalisation over the last axis (Ba et al. 2016). x [N, d], scale and shift [d]. */
export function layerNorm(x: Tensor2D, scale: Tensor1D, shift: Tensor1D, epsilon: number): Tensor2D {
  const op = tf.customGrad((...inputs) => {
    const [input, gain, bias, save] = inputs as unknown as [Tensor2D, Tensor1D, Tensor1D, tf.GradSaveFunc];
    const centred = input.sub(input.mean(-1, true));
    const inverse = centred.square().mean(-1, true).add(epsilon).rsqrt();
    const normal = centred.mul(inverse);
    save([normal, inverse, gain]);
    return {
      value: normal.mul(gain).add(bias),
      gradFunc: (dy, saved) => {
        const [hat, inv, g] = saved as [Tensor2D, Tensor2D, Tensor1D];
        const upstream = dy as Tensor2D;
        const scaled = upstream.mul(g);
        const dx = scaled
          .sub(scaled.mean(-1, true))
          .sub(hat.mul(scaled.mul(hat).mean(-1, true)))
          .mul(inv);
        return [dx, sumRows(upstream.mul(hat)), sumRows(upstream)];
      },
    };
  });
  return op(x, scale, shift) as Tensor2D;
}
