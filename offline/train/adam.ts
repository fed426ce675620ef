/** Adam (Kingma and Ba 2015) as a pure function of weights, moments and gradients. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { isNative } from '../../src/model/native.js';
import { type Constants, moveAll, type Moved, type Moving } from './native-adam.js';

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
  const constants = { beta1: BETA1, beta2: BETA2, stepSize, epsilon: EPSILON * correction };
  const all = weights.map((weight, i) => ({
    weight,
    first: at(state.first, i),
    second: at(state.second, i),
    gradient: at(gradients, i),
  }));
  const moved = isNative() ? moveAll(all, constants) : all.map((one) => move(one, constants));
  return {
    weights: moved.map(({ weight }) => weight),
    state: { step, first: moved.map(({ first }) => first), second: moved.map(({ second }) => second) },
  };
}

/** m' = b1 m + (1 - b1) g, v' = b2 v + (1 - b2) g^2, w' = w - stepSize m' / (sqrt(v') + epsilon). */
function move({ weight, first, second, gradient }: Moving, { beta1, beta2, stepSize, epsilon }: Constants): Moved {
  const m = tf.tidy(() => first.mul(beta1).add(gradient.mul(1 - beta1)));
  const v = tf.tidy(() => second.mul(beta2).add(gradient.square().mul(1 - beta2)));
  const w = tf.tidy(() => weight.sub(m.div(v.sqrt().add(epsilon)).mul(stepSize)));
  return { weight: w, first: m, second: v };
}

function at(tensors: readonly Tensor[], index: number): Tensor {
  const tensor = tensors[index];
  if (tensor === undefined) throw new Error('adam: weights, gradients and moments must correspond');
  return tensor;
}
