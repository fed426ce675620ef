/**
 * Trains the SAE by the paper's protocol (section 3; its authors' code):
 *   loss = mean ||x - x^||_2 + l1 * mean ||f||_1     `unsquared`, what the authors' code minimises and Table 1 shows
 *   loss = mean ||x - x^||_2^2 + l1 * mean ||f||_1   `squared`, what the text says; much less sparse at equal l1
 * Decoder rows keep unit norm: the part of the gradient along a row is taken out before each step, and the row is
 * normalised after it. The learning rate rises linearly over the warm-up.
 */
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs';
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import type { SaeShape } from '../../src/model/shapes.js';
import { readSafetensors, writeSafetensors } from '../../src/checkpoint/safetensors.js';
import { decode, encode, type SaeWeights, saeShapes } from '../../src/model/sae.js';
import { loadTensors, saveTensors } from '../../src/model/weights.js';
import { writeFileAtomic } from '../files.js';
import { createProgress } from '../../src/terminal/progress.js';
import { createRandom } from '../random.js';
import { readIfPresent } from '../step-files.js';
import { adam } from '../train/adam.js';
import {
  disposeOptimised,
  fromArrays,
  type Optimised,
  startOptimising,
  tensorsOf,
  toArrays,
  withTensors,
} from '../train/optimised.js';
import { type ActivationSet, scalarMoments } from './activation-set.js';

export interface SaeTraining {
  readonly shape: SaeShape;
  readonly seed: number;
  readonly l1: number;
  readonly loss: 'unsquared' | 'squared';
  /** Activations a step. */
  readonly batch: number;
  readonly steps: number;
  readonly warmUp: number;
  readonly learningRate: number;
}

/** The paper's. */
export const PAPER_SAE = {
  l1: 0.1,
  loss: 'unsquared',
  batch: 256,
  steps: 10_000,
  warmUp: 1_000,
  learningRate: 1e-3,
} as const;
export const PAPER_FEATURES = 2048;

/** Steps between two saved states. */
const SAVE_EVERY = 1_000;

/** Resumes from the folder's state where there is one. @throws the signal's reason when it is aborted. */
export async function trainSae(
  set: ActivationSet,
  training: SaeTraining,
  folder: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, WeightArray>> {
  const file = path.join(folder, 'training-state.safetensors');
  const rows = set.items.length;
  if (rows === 0) throw new Error('there are no activations to train the SAE on');
  const { mean, std } = scalarMoments(set.values);
  let state = (await load(file, training.shape)) ?? startOptimising(initialSae(training));
  const data = tf.tidy(() => tf.tensor2d(set.values, [rows, set.width]).sub(mean).div(std)) as Tensor2D;
  const progress = createProgress({ label: 'SAE', total: training.steps, unit: 'steps' });
  if (state.moments.step > 0) progress.tick(state.moments.step, 'resumed');
  try {
    while (state.moments.step < training.steps) {
      signal.throwIfAborted();
      const { loss, ...next } = saeStep(state, data, training);
      state = next;
      const { step } = state.moments;
      if (step % 50 === 0 || step === training.steps) {
        progress.tick(step, `loss ${loss.toFixed(4)}`);
        await new Promise(setImmediate);
      }
      if (step % SAVE_EVERY === 0)
        await writeFileAtomic(file, writeSafetensors(toArrays(state, 'sae'), { step: String(step) }));
    }
    progress.end();
    return saveTensors(state.weights, 'sae').set('sae.scaling', { shape: [2], data: Float32Array.of(mean, std) });
  } finally {
    disposeOptimised(state);
    data.dispose();
  }
}

async function load(file: string, shape: SaeShape): Promise<Optimised<Trained> | undefined> {
  const bytes = await readIfPresent(file);
  if (bytes === undefined) return undefined;
  const { weights, metadata } = readSafetensors(bytes);
  return fromArrays(weights, Number(metadata['step']), (arrays) => loadTrained(shape, arrays));
}

function loadTrained(shape: SaeShape, arrays: ReadonlyMap<string, WeightArray>): Trained {
  const { scaling: _, ...trained } = saeShapes(shape);
  return loadTensors(trained, 'sae', arrays) as unknown as Trained;
}

/** As the authors' code begins: random unit directions to write, and unrelated small uniform weights to read. */
export function initialSae({ shape: { width, features }, seed }: SaeTraining): Trained {
  const random = createRandom(seed);
  const bound = 1 / Math.sqrt(width);
  const normal = Float32Array.from({ length: features * width }, () => random.normal());
  const uniform = (count: number): Float32Array =>
    Float32Array.from({ length: count }, () => (2 * random.random() - 1) * bound);
  return {
    encoder: tf.tensor2d(uniform(width * features), [width, features]),
    encoderBias: tf.tensor1d(uniform(features)),
    decoder: tf.tidy(() => unitRows(tf.tensor2d(normal, [features, width]))),
    decoderBias: tf.zeros([width]),
  };
}

const unitRows = (matrix: Tensor2D): Tensor2D => matrix.div(tf.norm(matrix, 2, 1, true).maximum(1e-8));

/** What is trained; the scaling is a constant of the data. */
type Trained = Omit<SaeWeights, 'scaling'>;

interface SaeStep extends Optimised<Trained> {
  readonly loss: number;
}

/** One update on a random batch of data [N, d] (normalised). Consumes the state that it is given. */
export function saeStep({ weights, moments }: Optimised<Trained>, data: Tensor2D, training: SaeTraining): SaeStep {
  const random = createRandom(training.seed, moments.step + 1);
  const rows = Int32Array.from({ length: training.batch }, () => random.below(data.shape[0]));
  const tensors = tensorsOf(weights);
  const { value, gradients } = tf.tidy(() => {
    const x = tf.gather(data, rows);
    const { value: loss, grads } = tf.valueAndGrads((...leaf: Tensor[]) =>
      saeLoss(withTensors(weights, leaf), x, training),
    )(tensors);
    const gradients = grads.map((g, i) =>
      tensors[i] === weights.decoder ? withoutRadial(weights.decoder as Tensor2D, g as Tensor2D) : g,
    );
    return { value: loss, gradients };
  });
  const rate = training.learningRate * Math.min(1, (moments.step + 1) / training.warmUp);
  const next = adam(tensors, gradients, moments, rate);
  const loss = value.dataSync()[0] ?? Number.NaN;
  const updated = withTensors(weights, next.weights);
  const decoder = tf.tidy(() => unitRows(updated.decoder as Tensor2D));
  updated.decoder.dispose();
  tf.dispose([value, ...gradients]);
  disposeOptimised({ weights, moments });
  const state = { weights: { ...updated, decoder }, moments: next.state };
  if (Number.isFinite(loss)) return { ...state, loss };
  disposeOptimised(state);
  throw new Error(`the SAE's training diverged: the loss is ${loss}; lower the learning rate`);
}

/** The gradient without its part along each row. */
const withoutRadial = (decoder: Tensor2D, gradient: Tensor2D): Tensor2D =>
  gradient.sub(decoder.mul(gradient.mul(decoder).sum(1, true)));

/** Normalised x [N, d]. */
export function saeLoss(sae: Trained, x: Tensor2D, { l1, loss }: Pick<SaeTraining, 'l1' | 'loss'>): Scalar {
  const f = encode(sae, x);
  const squared = x.sub(decode(sae, f)).square().sum(1);
  const error = loss === 'squared' ? squared.mean() : squared.add(1e-12).sqrt().mean();
  return error.add(f.sum(1).mean().mul(l1)) as Scalar;
}
