/** How well a dictionary codes activations, by itself: without the model's lists and without attributes. */
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import { features } from '../../src/model/sae.js';
import type { SaeShape } from '../../src/model/shapes.js';
import { disposeTensors, loadSae } from '../../src/model/weights.js';
import { featureStatistics } from '../evaluate/interpretability.js';
import { reconstructionError } from '../evaluate/spliced.js';
import { type ActivationSet, spread } from './activation-set.js';

export type Coding = {
  /** Root mean squared error of normalised activations. */
  readonly rmse: number;
  readonly explainedVariance: number;
  /** Mean number of active features. */
  readonly l0: number;
  /** Features that are never active. */
  readonly dead: number;
  readonly deadShare: number;
};

/** Activations looked at, at most; spread evenly. */
const SAMPLE = 20_000;

/** Of the dictionary as it will serve. */
export function measureCoding(shape: SaeShape, weights: ReadonlyMap<string, WeightArray>, set: ActivationSet): Coding {
  const sae = loadSae(shape, weights);
  try {
    const sample = spread(set, SAMPLE);
    const { l0, dead } = featureStatistics(sample, [], (x) => features(sae, x));
    return { ...reconstructionError(sae, sample), l0, dead, deadShare: dead / shape.features };
  } finally {
    disposeTensors(sae.weights);
  }
}
