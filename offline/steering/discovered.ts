/**
 * Features that an SAE found and no label names: of those whose correlation with every attribute and series is low, the
 * ones that are active most often. What they are about is said by the items that carry them.
 */
import { features as saeFeatures, type Sae } from '../../src/model/sae.js';
import { featureStatistics } from '../evaluate/interpretability.js';
import { activationsOf } from '../evaluate/portraits.js';
import type { ActivationSet } from '../sae/activation-set.js';
import { type Concept, FEATURES } from './concepts.js';

/** Correlation with any label at which a feature counts as named. */
const NAMED = 0.3;
/** A feature that is active at more of all positions is about no kind of item. */
const MOST_FREQUENT = 0.25;
/** An item carries a feature that is active at more than half of its positions; where it is met so often at least. */
const CARRIED = 0.5;
const LEAST_MET = 5;
/** Candidates looked at for each that is wanted: some are carried by too few items. */
const CANDIDATES = 4;

/** @param set what the SAE reads @param labels items of every attribute and series */
export function discoveredFeatures(
  sae: Sae,
  set: ActivationSet,
  labels: readonly Int32Array[],
  { count, minItems }: { readonly count: number; readonly minItems: number },
): Concept[] {
  // The last label is borne by every item: its sensitivity is how often a feature is active at all.
  const everything = Int32Array.from(new Set(set.items));
  const { features, correlation, sensitivity } = featureStatistics(set, [...labels, everything], (x) =>
    saeFeatures(sae, x),
  );
  const isNamed = (feature: number): boolean =>
    labels.some((_, label) => Math.abs(correlation[label * features + feature] ?? 0) >= NAMED);
  const frequency = sensitivity.subarray(labels.length * features);
  const candidates = Array.from(frequency.keys())
    .filter((feature) => (frequency[feature] ?? 0) <= MOST_FREQUENT && !isNamed(feature))
    .sort((a, b) => (frequency[b] ?? 0) - (frequency[a] ?? 0))
    .slice(0, CANDIDATES * count);
  const activations = activationsOf(sae, set, candidates);
  return candidates
    .map((feature, i) => ({
      ...{ name: `${FEATURES}/${feature}`, feature },
      items: carriersOf(activations[i] ?? new Float32Array(), set.items),
    }))
    .filter(({ items }) => items.length >= minItems)
    .slice(0, count);
}

/** Items that carry what has these activations, at positions of these items; those with the greatest mean first. */
export function carriersOf(activations: Float32Array, items: Int32Array): Int32Array {
  const found = new Map<number, { met: number; active: number; sum: number }>();
  for (const [n, item] of items.entries()) {
    const value = activations[n] ?? 0;
    const one = found.get(item) ?? { met: 0, active: 0, sum: 0 };
    found.set(item, { met: one.met + 1, active: one.active + (value > 0 ? 1 : 0), sum: one.sum + value });
  }
  const carriers = [...found].filter(([, { met, active }]) => met >= LEAST_MET && active > CARRIED * met);
  return Int32Array.from(
    carriers.toSorted(([, a], [, b]) => b.sum / b.met - a.sum / a.met),
    ([item]) => item,
  );
}
