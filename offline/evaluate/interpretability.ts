/**
 * How well single features line up with attributes (the paper's section 4.2). One point per (user, position): the
 * feature's activation, and whether the item at that position bears the attribute. N points, m features, A attributes.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import { transposedTimes } from '../../src/model/gradients.js';
import type { ActivationSet } from '../sae/activation-set.js';

/** Features of raw activations, [n, d] -> [n, m]: an SAE's, or the neurons themselves. */
export type FeatureMap = (x: Tensor2D) => Tensor2D;

export interface FeatureStatistics {
  readonly features: number;
  /** [A, m]: Pearson (point-biserial) correlation; 0 where a feature or an attribute never varies. */
  readonly correlation: Float32Array;
  /** [A, m]: P(f > 0 | attribute). */
  readonly sensitivity: Float32Array;
  /** [A]: share of the points that bear the attribute. */
  readonly popularity: Float64Array;
  /** Mean number of active features a point. */
  readonly l0: number;
  /** Features that are never active. */
  readonly dead: number;
}

/** Points taken at once. */
const CHUNK = 2048;

export function featureStatistics(
  set: ActivationSet,
  attributeItems: readonly Int32Array[],
  featureMap: FeatureMap,
): FeatureStatistics {
  const bearers = attributeItems.map((items) => new Set(items));
  const A = bearers.length;
  const N = set.items.length;
  let sums: Sums | undefined;
  for (let start = 0; start < N; start += CHUNK) {
    const end = Math.min(N, start + CHUNK);
    const labels = new Float32Array((end - start) * A);
    for (let row = start; row < end; row++) {
      const item = set.items[row] ?? -1;
      for (const [a, items] of bearers.entries()) if (items.has(item)) labels[(row - start) * A + a] = 1;
    }
    sums = addChunk(sums, set.values.subarray(start * set.width, end * set.width), labels, set.width, A, featureMap);
  }
  if (sums === undefined) throw new Error('there are no points to judge features by');
  return statisticsOf(sums, N, A);
}

/** Sums over points; [A, m] arrays are row-major by attribute. */
interface Sums {
  readonly f: Float64Array;
  readonly squares: Float64Array;
  readonly active: Float64Array;
  readonly withLabel: Float64Array;
  readonly activeWithLabel: Float64Array;
  readonly labels: Float64Array;
}

function addChunk(
  sums: Sums | undefined,
  values: Float32Array,
  labels: Float32Array,
  width: number,
  A: number,
  featureMap: FeatureMap,
): Sums {
  const parts = tf.tidy(() => {
    const N = values.length / width;
    const f = featureMap(tf.tensor2d(values, [N, width]));
    const isActive = f.greater(0).toFloat() as Tensor2D;
    const tensors: Tensor[] = [f.sum(0), f.square().sum(0), isActive.sum(0)];
    if (A > 0) {
      const y = tf.tensor2d(labels, [N, A]);
      tensors.push(transposedTimes(y, f), transposedTimes(y, isActive), y.sum(0));
    }
    return tensors.map((tensor) => tensor.dataSync<'float32'>().slice());
  });
  const add = (total: Float64Array | undefined, part: Float32Array | undefined): Float64Array =>
    Float64Array.from(part ?? [], (value, i) => value + (total?.[i] ?? 0));
  return {
    f: add(sums?.f, parts[0]),
    squares: add(sums?.squares, parts[1]),
    active: add(sums?.active, parts[2]),
    withLabel: add(sums?.withLabel, parts[3]),
    activeWithLabel: add(sums?.activeWithLabel, parts[4]),
    labels: add(sums?.labels, parts[5]),
  };
}

function statisticsOf(sums: Sums, N: number, A: number): FeatureStatistics {
  const m = sums.f.length;
  const correlation = new Float32Array(A * m);
  const sensitivity = new Float32Array(A * m);
  for (let a = 0; a < A; a++) {
    const p = (sums.labels[a] ?? 0) / N;
    for (let j = 0; j < m; j++) {
      const mean = (sums.f[j] ?? 0) / N;
      const variance = (sums.squares[j] ?? 0) / N - mean ** 2;
      const covariance = (sums.withLabel[a * m + j] ?? 0) / N - mean * p;
      const scale = Math.sqrt(variance * p * (1 - p));
      correlation[a * m + j] = scale > 1e-12 ? covariance / scale : 0;
      sensitivity[a * m + j] = p > 0 ? (sums.activeWithLabel[a * m + j] ?? 0) / (p * N) : 0;
    }
  }
  return {
    features: m,
    correlation,
    sensitivity,
    popularity: sums.labels.map((count) => count / N),
    l0: sums.active.reduce((sum, count) => sum + count, 0) / N,
    dead: sums.active.filter((count) => count === 0).length,
  };
}

export interface TopFeature {
  readonly feature: number;
  readonly correlation: number;
  readonly sensitivity: number;
  readonly popularity: number;
}

/** For each attribute the feature with the greatest correlation. */
export function topFeatures({ features, correlation, sensitivity, popularity }: FeatureStatistics): TopFeature[] {
  return Array.from(popularity, (share, a) => {
    let best = 0;
    for (let j = 1; j < features; j++) {
      if ((correlation[a * features + j] ?? 0) > (correlation[a * features + best] ?? 0)) best = j;
    }
    const at = a * features + best;
    return { feature: best, correlation: correlation[at] ?? 0, sensitivity: sensitivity[at] ?? 0, popularity: share };
  });
}

/** Point-biserial correlation, which is Pearson's with labels 0 and 1; 0 where either never varies. */
export function pearson(values: ArrayLike<number>, labels: ArrayLike<boolean>): number {
  const n = values.length;
  let [sum, positives] = [0, 0];
  for (let i = 0; i < n; i++) {
    sum += values[i] ?? 0;
    if (labels[i]) positives++;
  }
  const mean = sum / n;
  const share = positives / n;
  let [squares, products] = [0, 0];
  for (let i = 0; i < n; i++) {
    const off = (values[i] ?? 0) - mean;
    squares += off * off;
    products += off * ((labels[i] ? 1 : 0) - share);
  }
  const scale = Math.sqrt(squares * positives * (1 - share));
  return scale > 1e-12 ? products / scale : 0;
}

/** Area under the ROC curve: P(score of a bearer > score of another), ties count half. */
export function rocAuc(scores: ArrayLike<number>, labels: ArrayLike<boolean>): number {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => (scores[a] ?? 0) - (scores[b] ?? 0),
  );
  let positives = 0;
  let rankSum = 0;
  for (let i = 0; i < order.length; ) {
    let end = i;
    while (end < order.length && scores[order[end] ?? 0] === scores[order[i] ?? 0]) end++;
    const rank = (i + 1 + end) / 2;
    for (; i < end; i++) {
      if (!labels[order[i] ?? 0]) continue;
      positives++;
      rankSum += rank;
    }
  }
  const negatives = order.length - positives;
  return positives === 0 || negatives === 0
    ? 0.5
    : (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
