/**
 * An adapter: a small network that says, for each state after the last block, where to move it (after Houlsby et al.
 * 2019, who put such networks inside of a frozen model). Unlike a direction it moves each user differently.
 *
 *     u(x) = ReLU(LN(x) W_in + b_in) W_out + b_out
 *
 * LN is the model's own final norm. Shapes: x [B, d], H hidden.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { finalNorm, type GptRecWeights } from './gptrec.js';
import { affine } from './gradients.js';

export interface AdapterWeights<T = Tensor> {
  /** [d, H] */
  readonly inWeight: T;
  /** [H] */
  readonly inBias: T;
  /** [H, d] */
  readonly outWeight: T;
  /** [d] */
  readonly outBias: T;
}

/** u(x), [B, d]. */
export function adapt(
  gptrec: Pick<GptRecWeights, 'norm'>,
  { inWeight, inBias, outWeight, outBias }: AdapterWeights,
  x: Tensor2D,
): Tensor2D {
  const hidden = tf.relu(affine(finalNorm(gptrec, x), inWeight as Tensor2D, inBias as Tensor1D));
  return affine(hidden, outWeight as Tensor2D, outBias as Tensor1D);
}
