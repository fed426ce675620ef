/** What interventions do to the lists of the test users: sweeps, the equalizer's ends, one user's lists. */
import type { LatentEdit } from '../../src/model/edit.js';
import { createPlanner } from '../../src/steering/plan.js';
import type { SteeringMap } from '../../src/steering/steering-map.js';
import type { EvaluationData } from './evaluation-data.js';
import { interListDiversity } from './ranking-metrics.js';
import type { GainRow, StrengthCell, SweepCell } from './results.js';
import { attributeShare, type Intervention, interventionOf, type SweepBench, type SweepPoint } from './sweep.js';

const kept = (bench: SweepBench, { metrics }: SweepPoint): number =>
  metrics.ndcg / Math.max(1e-9, bench.base.metrics.ndcg);

/** One intervention at each strength. */
export function sweep(
  { bench, loaded }: EvaluationData,
  items: Int32Array,
  strengths: readonly number[],
  intervention: (strength: number) => Intervention,
): SweepCell[] {
  return strengths.map((strength) => {
    const point = bench.run(intervention(strength));
    return {
      strength,
      share: attributeShare(point.lists, items),
      ndcgKept: kept(bench, point),
      ndcg: point.metrics.ndcg,
      coverage: point.metrics.coverage,
      diversity: interListDiversity(point.lists),
      shares: loaded.split.attributeItems.map((bearers) => attributeShare(point.lists, bearers)),
    };
  });
}

/** A feature set to an amount, in the dictionary's own block. */
export const featureEdit = (
  { loaded }: EvaluationData,
  feature: number,
  mode: LatentEdit['mode'],
  amount: number,
): LatentEdit => ({ kind: 'latent', layer: loaded.saeShape.layer, feature, mode, amount });

/** The equalizer as it serves, one slider at an end. */
export function gainRow(data: EvaluationData, map: SteeringMap, attribute: string): GainRow {
  const { bench } = data;
  const items = data.itemsOf(attribute);
  const index = data.loaded.split.attributeNames.indexOf(attribute);
  const planned = createPlanner(map, () => index);
  const at = (gain: number): StrengthCell => {
    const { edits } = planned({ [attribute]: gain });
    const point = bench.run(interventionOf(edits, () => items));
    return { strength: gain, share: attributeShare(point.lists, items), ndcgKept: kept(bench, point) };
  };
  const method = map.attributes.find((entry) => entry.attribute === attribute)?.method ?? 'none';
  return { attribute, method, base: attributeShare(bench.base.lists, items), up: at(1), down: at(-1) };
}
