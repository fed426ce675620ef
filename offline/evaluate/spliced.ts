/** What the SAE costs the model: its reconstruction error, and the metrics with its reconstruction spliced in. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor2D } from '@tensorflow/tfjs';
import { type Hook, scores, trunk } from '../../src/model/gptrec.js';
import { decode, encode, normaliseActivations, reconstruct, type Sae } from '../../src/model/sae.js';
import { type ModelWithSae, packWindows } from '../../src/model/score.js';
import { isAt } from '../../src/model/shapes.js';
import { topK } from '../../src/model/top-k.js';
import type { ActivationSet } from '../sae/activation-set.js';
import type { TestCase } from './cases.js';

const BATCH = 128;

/** Top k of each case with what the SAE reads replaced by its reconstruction at every position (Table 1). */
export function splicedLists(model: ModelWithSae, cases: readonly TestCase[], window: number, k: number): Int32Array[] {
  const splice: Hook = (x, place) => (isAt(model.sae.shape, place) ? reconstruct(model.sae, x) : x);
  const lists: Int32Array[] = [];
  for (let start = 0; start < cases.length; start += BATCH) {
    const part = cases.slice(start, start + BATCH);
    const logits = tf.tidy(() => {
      const { inputs, last } = packWindows(part.map(({ history }) => history.subarray(-window)));
      const [B, L] = inputs.shape;
      const states = trunk(model.gptrec, model.heads, inputs, { hook: splice });
      const rows = Int32Array.from(last, (position, b) => b * L + position);
      return scores(model.gptrec, tf.gather(states.reshape([B * L, states.shape[2]]) as Tensor2D, rows));
    });
    const values = logits.dataSync<'float32'>();
    const V = logits.shape[1];
    logits.dispose();
    for (const [b, { history }] of part.entries()) {
      const seen = new Set(history);
      lists.push(topK(values.subarray(b * V, (b + 1) * V), k, (item) => seen.has(item)));
    }
  }
  return lists;
}

export interface Reconstruction {
  /** Root mean squared error of normalised activations. */
  readonly rmse: number;
  /** 1 - variance of the error / variance of the activations, each about its mean. */
  readonly explainedVariance: number;
}

const CHUNK = 4096;

export function reconstructionError(sae: Sae, set: ActivationSet): Reconstruction {
  const d = set.width;
  const total = new Moments(d);
  const error = new Moments(d);
  for (let start = 0; start < set.items.length; start += CHUNK) {
    const values = set.values.subarray(start * d, Math.min(set.items.length, start + CHUNK) * d);
    const { x, difference } = tf.tidy(() => {
      const normal = normaliseActivations(sae, tf.tensor2d(values, [values.length / d, d]));
      return { x: normal, difference: normal.sub(decode(sae.weights, encode(sae, normal))) };
    });
    total.add(x.dataSync<'float32'>());
    error.add(difference.dataSync<'float32'>());
    tf.dispose([x, difference]);
  }
  return { rmse: Math.sqrt(error.meanSquare()), explainedVariance: 1 - error.variance() / total.variance() };
}

/** Sums by dimension over rows of width d. */
class Moments {
  readonly #sums: Float64Array;
  #squares = 0;
  #count = 0;

  constructor(readonly width: number) {
    this.#sums = new Float64Array(width);
  }

  add(values: Float32Array): void {
    for (const [i, value] of values.entries()) {
      this.#sums[i % this.width] = (this.#sums[i % this.width] ?? 0) + value;
      this.#squares += value * value;
    }
    this.#count += values.length;
  }

  meanSquare(): number {
    return this.#squares / this.#count;
  }

  /** Mean over dimensions of the variance within each. */
  variance(): number {
    const rows = this.#count / this.width;
    const means = this.#sums.reduce((sum, value) => sum + (value / rows) ** 2, 0) / this.width;
    return this.meanSquare() - means;
  }
}
