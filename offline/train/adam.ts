/** Adam (Kingma and Ba 2015) as a pure function of weights, moments and gradients. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Moments by weight, in the weights' order. */
export interface AdamState {
  readonly step: number;
  readonly first: readonly Tensor[];
  readonly second: readonly Tensor[];
}

export interface AdamUpdate {
  readonly weights: Tensor[];
  readonly state: AdamState;
}

export function initialAdam(weights: readonly Tensor[]): AdamState {
  return { step: 0, first: weights.map((w) => tf.zerosLike(w)), second: weights.map((w) => tf.zerosLike(w)) };
}

/** The next weights and moments. The old ones are left to the caller to dispose of. */
export function adam(
  weights: readonly Tensor[],
  gradients: readonly Tensor[],
  state: AdamState,
  rate: number,
): AdamUpdate {
  const step = state.step + 1;
  // The bias corrections of both moments, folded into the rate and epsilon.
  const correction = Math.sqrt(1 - BETA2 ** step);
  const stepSize = (rate * correction) / (1 - BETA1 ** step);
  const first = state.first.map((m, i) => tf.tidy(() => m.mul(BETA1).add(at(gradients, i).mul(1 - BETA1))));
  const second = state.second.map((v, i) =>
    tf.tidy(() =>
      v.mul(BETA2).add(
        at(gradients, i)
          .square()
          .mul(1 - BETA2),
      ),
    ),
  );
  const next = weights.map((w, i) =>
    tf.tidy(() =>
      w.sub(
        at(first, i)
          .div(
            at(second, i)
              .sqrt()
              .add(EPSILON * correction),
          )
          .mul(stepSize),
      ),
    ),
  );
  return { weights: next, state: { step, first, second } };
}

function at(tensors: readonly Tensor[], index: number): Tensor {
  const tensor = tensors[index];
  if (tensor === undefined) throw new Error('adam: weights, gradients and moments must correspond');
  return tensor;
}
