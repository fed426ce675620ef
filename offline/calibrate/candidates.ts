/** Attributes, each with the feature that lines up with it best: what may steer it. */
import { features as saeFeatures, type Sae } from '../../src/model/sae.js';
import { featureStatistics, topFeatures } from '../evaluate/interpretability.js';
import type { ActivationSet } from '../sae/activation-set.js';
import { highQuantile } from './quantile.js';

export interface Candidate {
  readonly attribute: string;
  readonly items: Int32Array;
  /** The feature with the greatest correlation, and a high quantile of its activations where the attribute is present. */
  readonly feature: number;
  readonly correlation: number;
  readonly scale: number;
}

/** One pass over the activations for all attributes. */
export function candidatesFor(
  attributes: readonly Pick<Candidate, 'attribute' | 'items'>[],
  set: ActivationSet,
  sae: Sae,
): Candidate[] {
  const statistics = featureStatistics(
    set,
    attributes.map(({ items }) => items),
    (x) => saeFeatures(sae, x),
  );
  const top = topFeatures(statistics);
  return attributes.flatMap(({ items, attribute }, a) => {
    const best = top[a];
    if (best === undefined) return [];
    const { feature, correlation } = best;
    return [{ attribute, items, feature, correlation, scale: highQuantile(sae, set, items, feature) }];
  });
}
