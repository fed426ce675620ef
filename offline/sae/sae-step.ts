/**
 * One update of one dictionary. Decoder rows keep unit norm: the part of the gradient along a row is taken out before
 * each step, and the row is normalised after it. The learning rate rises linearly over the warm-up.
 */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs';
import { sumRows } from '../../src/model/gradients.js';
import { FLOATS, isNative, nativeOp } from '../../src/model/native.js';
import { createRandom } from '../random.js';
import { adam } from '../train/adam.js';
import { disposeOptimised, type Optimised, startOptimising, tensorsOf, withTensors } from '../train/optimised.js';
import type { Coded, DictionarySettings, Recipe, Schedule, Trained } from './dictionary.js';
import { recipeOf } from './recipes.js';
import { countIdle, type Idle, revivalLoss } from './revival.js';

/** A dictionary under way. */
export interface SaeState extends Optimised<Trained> {
  readonly idle: Idle;
}

export type SaeSettings = Omit<DictionarySettings, 'name' | 'place'>;

export function startSae(settings: SaeSettings, width: number, seed: number): SaeState {
  const weights = initialSae(recipeOf(settings.sparsity), { width, features: settings.features }, seed);
  return { ...startOptimising(weights), idle: new Float32Array(settings.features) };
}

/** Random unit directions to write, and what reads them as the recipe says. */
export function initialSae(
  { encoder, threshold }: Pick<Recipe, 'encoder' | 'threshold'>,
  { width, features }: { readonly width: number; readonly features: number },
  seed: number,
): Trained {
  const random = createRandom(seed);
  const bound = 1 / Math.sqrt(width);
  const normal = Float32Array.from({ length: features * width }, () => random.normal());
  const uniform = (count: number): Float32Array =>
    Float32Array.from({ length: count }, () => (2 * random.random() - 1) * bound);
  const decoder = tf.tidy(() => unitRows(tf.tensor2d(normal, [features, width])));
  return {
    encoder: encoder === 'transposed' ? decoder.transpose() : tf.tensor2d(uniform(width * features), [width, features]),
    encoderBias: encoder === 'transposed' ? tf.zeros([features]) : tf.tensor1d(uniform(features)),
    decoder,
    decoderBias: tf.zeros([width]),
    ...(threshold !== undefined && { logThreshold: tf.fill([features], Math.log(threshold)) }),
  };
}

/** Rows of norm 1; without a gradient. [m, d]. */
const unitRows = (matrix: Tensor2D): Tensor2D => matrix.div(rowNorms(matrix).maximum(1e-8));

/** [m, d] -> [m, 1], without a gradient. */
const rowNorms = (matrix: Tensor2D): Tensor2D =>
  isNative()
    ? nativeOp('EuclideanNorm', [matrix, tf.tensor1d([1], 'int32')], {
        T: FLOATS,
        Tidx: { type: 'int32' },
        keep_dims: { flag: true },
      })
    : matrix.square().sum<Tensor2D>(1, true).sqrt();

/** The same rows of the data for every dictionary of the same batch size. */
export const batchRows = (
  { seed, batch }: Pick<Schedule, 'seed' | 'batch'>,
  step: number,
  rows: number,
): Int32Array => {
  const random = createRandom(seed, step);
  return Int32Array.from({ length: batch }, () => random.below(rows));
};

/** One update on normalised x [N, d]. Consumes the state that it is given. @throws Error where the loss is not finite. */
export function saeStep(
  state: SaeState,
  x: Tensor2D,
  settings: SaeSettings,
  schedule: Omit<Schedule, 'seed' | 'batch'>,
): SaeState & { readonly loss: number } {
  const { weights, moments, idle } = state;
  const tensors = tensorsOf(weights);
  const { value, active, gradients } = tf.tidy(() => differentiate(state, x, settings, schedule));
  const rate = schedule.learningRate * Math.min(1, (moments.step + 1) / schedule.warmUp);
  const next = adam(tensors, gradients, moments, rate);
  const loss = value.dataSync()[0] ?? Number.NaN;
  const counted = countIdle(idle, active.dataSync<'float32'>(), x.shape[0], schedule.deadAfter);
  const updated = withTensors(weights, next.weights);
  const decoder = tf.tidy(() => unitRows(updated.decoder as Tensor2D));
  updated.decoder.dispose();
  tf.dispose([value, active, ...gradients]);
  disposeOptimised(state);
  const after = { weights: { ...updated, decoder }, moments: next.state, idle: counted };
  if (Number.isFinite(loss)) return { ...after, loss };
  disposeOptimised(after);
  throw new Error(`the SAE's training diverged: the loss is ${loss}; lower the learning rate`);
}

/** Loss, gradients, and the sum of each feature's activations [m]. */
function differentiate(
  { weights, moments, idle }: SaeState,
  x: Tensor2D,
  { sparsity, revive }: SaeSettings,
  { steps, deadAfter }: Pick<Schedule, 'steps' | 'deadAfter'>,
): { value: Scalar; active: Tensor; gradients: Tensor[] } {
  const recipe = recipeOf(sparsity);
  const tensors = tensorsOf(weights);
  let active: Tensor | undefined;
  const { value, grads } = tf.valueAndGrads((...leaf: Tensor[]) => {
    const now = withTensors(weights, leaf);
    const coded: Coded = recipe.code(now, x, moments.step / steps);
    active = tf.keep(sumRows(coded.features));
    const revival = revive > 0 ? revivalLoss(now, x, coded, idle, deadAfter) : undefined;
    return revival ? coded.loss.add(revival.mul(revive)) : coded.loss;
  })(tensors);
  if (active === undefined) throw new Error('the loss was not computed');
  const gradients = grads.map((g, i) =>
    tensors[i] === weights.decoder ? withoutRadial(weights.decoder as Tensor2D, g as Tensor2D) : g,
  );
  return { value: value as Scalar, active, gradients };
}

/** The gradient without its part along each row. */
const withoutRadial = (decoder: Tensor2D, gradient: Tensor2D): Tensor2D =>
  gradient.sub(decoder.mul(gradient.mul(decoder).sum(1, true)));
