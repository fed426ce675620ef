/** The floor of best-of-many: the correlations that a dictionary reaches before it has learned anything. */
import * as tf from '@tensorflow/tfjs';
import { features, type SaeWeights } from '../../src/model/sae.js';
import { disposeTensors } from '../../src/model/weights.js';
import type { Split } from '../dataset/split.js';
import { type ActivationSet, scalarMoments } from '../sae/activation-set.js';
import { initialSae } from '../sae/sae-step.js';
import { headlineMean } from './headline.js';
import { featureStatistics, topFeatures } from './interpretability.js';
import type { Floor } from './results.js';

/** What a dictionary was before it was trained. */
export interface Untrained {
  readonly features: number;
  readonly seed: number;
}

/** An untrained SAE, as the paper's begins, on the activations that the trained one is judged by. */
export function untrainedFloor(
  split: Pick<Split, 'attributeNames' | 'attributeItems'>,
  set: ActivationSet,
  { features: count, seed }: Untrained,
): Floor {
  const { width } = set;
  const { mean, std } = scalarMoments(set.values);
  const weights: SaeWeights = {
    ...initialSae({ encoder: 'unrelated' }, { width, features: count }, seed),
    scaling: tf.tensor1d([mean, std]),
  };
  // Where it reads does not matter here: the activations are given.
  const place = { layer: 1, site: 'block' } as const;
  const sae = { weights, shape: { width, features: count, ...place, activation: { kind: 'relu' } } } as const;
  try {
    const statistics = featureStatistics(set, split.attributeItems, (x) => features(sae, x));
    const attributes = topFeatures(statistics).map(({ correlation }, a) => ({
      attribute: split.attributeNames[a] ?? '',
      correlation,
    }));
    const meanCorrelation = headlineMean(attributes, (row) => row.correlation);
    return { features: count, seed, meanCorrelation, attributes };
  } finally {
    disposeTensors(weights);
  }
}
