/** The floor of best-of-many: the correlations that a dictionary reaches before it has learned anything. */
import * as tf from '@tensorflow/tfjs';
import { features, type SaeWeights } from '../../src/model/sae.js';
import type { Place } from '../../src/model/shapes.js';
import { disposeTensors } from '../../src/model/weights.js';
import type { Split } from '../dataset/split.js';
import { type ActivationSet, scalarMoments } from '../sae/activation-set.js';
import { initialSae } from '../sae/sae-step.js';
import { headlineMean } from './headline.js';
import { featureStatistics, topFeatures } from './interpretability.js';
import type { Floor } from './results.js';

const SEED = 1;

/** An untrained SAE of so many features, as the paper's begins, on the same activations. */
export function untrainedFloor(split: Split, set: ActivationSet, { layer, site }: Place, count: number): Floor {
  const { width } = set;
  const { mean, std } = scalarMoments(set.values);
  const weights: SaeWeights = {
    ...initialSae({ encoder: 'unrelated' }, { width, features: count }, SEED),
    scaling: tf.tensor1d([mean, std]),
  };
  const sae = { weights, shape: { width, features: count, layer, site, activation: { kind: 'relu' } } } as const;
  try {
    const statistics = featureStatistics(set, split.attributeItems, (x) => features(sae, x));
    const attributes = topFeatures(statistics).map(({ correlation }, a) => ({
      attribute: split.attributeNames[a] ?? '',
      correlation,
    }));
    const meanCorrelation = headlineMean(attributes, (row) => row.correlation);
    return { layer, site, features: count, meanCorrelation, attributes };
  } finally {
    disposeTensors(weights);
  }
}
