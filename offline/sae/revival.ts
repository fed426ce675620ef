/**
 * Dead features are revived by the auxiliary loss AuxK (Gao et al. 2024, section 2.4 and appendix A.2): the dead alone
 * model what the living leave over,
 *   loss + alpha mean ||e - e^||_2^2,   e = x - x^ (a constant),   e^ = ReLU(TopK_aux(z of dead features)) W_dec
 * with alpha = 1/32 and k_aux = d/2. Dead is what was active for none of the last `deadAfter` activations: there 10 M
 * tokens of billions, here a like part of far fewer.
 */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import { topKActivation } from '../../src/model/sae.js';
import type { Coded, Trained } from './dictionary.js';
import { meanSquaredError, product } from './tensor-functions.js';

/** alpha */
export const REVIVE = 1 / 32;
export const DEAD_AFTER = 100_000;

/** Activations since each feature was active, [m]; counted no further than what makes it dead. */
export type Idle = Float32Array;

/** @param sums [m]: of each feature's activations, none of which is negative, in so many `rows` */
export const countIdle = (idle: Idle, sums: Float32Array, rows: number, deadAfter: number): Idle =>
  idle.map((count, j) => ((sums[j] ?? 0) > 0 ? 0 : Math.min(deadAfter, count + rows)));

/** The unweighted auxiliary loss; undefined while nothing is dead. x [N, d]. */
export function revivalLoss(
  weights: Trained,
  x: Tensor2D,
  { preActivations: z, reconstruction }: Coded,
  idle: Idle,
  deadAfter: number,
): Scalar | undefined {
  const isDead = idle.map((count) => (count >= deadAfter ? 1 : 0));
  const dead = isDead.reduce((sum, one) => sum + one, 0);
  if (dead === 0) return undefined;
  const mask = tf.tensor1d(isDead);
  const kAux = Math.max(1, Math.min(dead, Math.floor(x.shape[1] / 2)));
  // The living are put at 0, which ReLU keeps out whatever the k-th greatest is.
  const f = topKActivation(z.mul(mask) as Tensor2D, kAux);
  return meanSquaredError(product(f, weights.decoder as Tensor2D), () => x.sub(reconstruction()));
}
