/**
 * What a supervised line through the activations tells of an attribute: a logistic regression (the paper's linear
 * probe), and the difference of means (mean activation with the attribute minus without, the plain baseline that beats
 * many SAEs in AxBench, Wu et al. 2025). Both are fitted on the SAE users and judged on others.
 */
import type { Sae } from '../../src/model/sae.js';
import { type ActivationSet, spread } from '../sae/activation-set.js';
import { pearson, rocAuc } from './interpretability.js';
import { fitLogistic, type LinearProbe, logitOf } from './logistic-regression.js';
import type { ProbeRow } from './results.js';

/** Points that a probe is fitted to, and judged on, at most; spread evenly. */
const POINTS = 20_000;

export interface FittedProbe {
  /** On normalised activations. */
  readonly logistic: LinearProbe;
  /** [d]: mean with the attribute minus mean without. */
  readonly difference: Float64Array;
}

/** Activations by one scalar mean and standard deviation, as an SAE sees them. */
export interface NormalSet {
  readonly values: Float32Array;
  readonly items: Int32Array;
  readonly width: number;
}

/** @param like whose mean and standard deviation are used */
export function normalised(set: ActivationSet, { mean, std }: { mean: number; std: number }): NormalSet {
  const { values, items, width } = spread(set, POINTS);
  return { values: values.map((value) => (value - mean) / std), items, width };
}

export const labelsOf = (items: Int32Array, bearers: Int32Array): boolean[] => {
  const borne = new Set(bearers);
  return Array.from(items, (item) => borne.has(item));
};

/** Undefined where all or none of the points bear the attribute. */
export function fitProbe({ values, items, width }: NormalSet, bearers: Int32Array): FittedProbe | undefined {
  const labels = labelsOf(items, bearers);
  const difference = differenceOfMeans({ values, items, width }, bearers);
  return difference && { logistic: fitLogistic(values, labels, width), difference };
}

/** [d]: mean of the values with the attribute minus mean without; undefined where all or none of the points bear it. */
export function differenceOfMeans({ values, items, width }: NormalSet, bearers: Int32Array): Float64Array | undefined {
  const labels = labelsOf(items, bearers);
  const positives = labels.filter(Boolean).length;
  const negatives = labels.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  const difference = new Float64Array(width);
  for (const [n, label] of labels.entries()) {
    const weight = label ? 1 / positives : -1 / negatives;
    for (let i = 0; i < width; i++) difference[i] = (difference[i] ?? 0) + weight * (values[n * width + i] ?? 0);
  }
  return difference;
}

export function judgeProbe(attribute: string, probe: FittedProbe, set: NormalSet, bearers: Int32Array): ProbeRow {
  const labels = labelsOf(set.items, bearers);
  const logits = labels.map((_, row) => logitOf(probe.logistic, set.values, row));
  const projections = labels.map((_, row) => logitOf({ weights: probe.difference, bias: 0 }, set.values, row));
  return {
    attribute,
    probability: pearson(
      logits.map((z) => 1 / (1 + Math.exp(-z))),
      labels,
    ),
    logit: pearson(logits, labels),
    auc: rocAuc(logits, labels),
    difference: pearson(projections, labels),
  };
}

/** The decoder's row: the direction in which the feature writes, in normalised activations. */
export function featureDirection({ weights }: Sae, feature: number, width: number): Float64Array {
  const values = weights.decoder.dataSync<'float32'>();
  return Float64Array.from(values.subarray(feature * width, (feature + 1) * width));
}

/** Of unit length; times the standard deviation of the activations it is a step in what the model holds. */
export function unitStep(direction: Float64Array, std: number): Float32Array {
  const length = Math.hypot(...direction) || 1;
  return Float32Array.from(direction, (value) => (std * value) / length);
}
