/**
 * The feature of greatest causal effect (after Arad et al. 2025): not the one that lines up best with an attribute, but
 * the one that steers best. Of the features of greatest correlation, each as x' = x + std (s - f_j) W_j at its own
 * scale s, the one with the most share gained for the NDCG lost:
 *
 *     argmax_j  (share_j - share) / (lost_j + 1 %)
 */
import { attributeShare, type SweepBench } from '../evaluate/sweep.js';

/** The floor of what counts as lost: below it the noise of NDCG would choose. */
const LEAST_LOSS = 0.01;

export interface ScaledFeature {
  readonly feature: number;
  /** A high quantile of its activations where the attribute is present. */
  readonly scale: number;
}

export function mostCausal(
  bench: SweepBench,
  items: Int32Array,
  layer: number,
  candidates: readonly ScaledFeature[],
): ScaledFeature {
  const unsteered = attributeShare(bench.base.lists, items);
  const effects = candidates.map(({ feature, scale }) => {
    const edit = { kind: 'latent', layer, feature, mode: 'delta', amount: scale } as const;
    const { lists, metrics } = bench.run({ edits: [edit] });
    const lost = Math.max(0, 1 - metrics.ndcg / Math.max(1e-9, bench.base.metrics.ndcg));
    return (attributeShare(lists, items) - unsteered) / (lost + LEAST_LOSS);
  });
  const best = candidates[effects.indexOf(Math.max(...effects))];
  if (best === undefined) throw new Error('there are no features to choose from');
  return best;
}
