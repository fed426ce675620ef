/** One point of the Pareto picture: what a dictionary costs the model, and how well its features line up. */
import { features } from '../../src/model/sae.js';
import { casesOf } from '../evaluate/cases.js';
import { headlineMean } from '../evaluate/headline.js';
import { featureStatistics, topFeatures } from '../evaluate/interpretability.js';
import { rankingMetrics } from '../evaluate/ranking-metrics.js';
import { reconstructionError, splicedLists } from '../evaluate/spliced.js';
import type { ActivationSet } from '../sae/activation-set.js';
import type { LoadedDictionary } from '../sae/run-sae.js';
import type { Measured } from './table.js';

/** On the test users, as everything that `evaluate` reports. @param set what the dictionary reads of them */
export function measureDictionary({ split, shape, model }: LoadedDictionary, set: ActivationSet): Measured {
  const statistics = featureStatistics(set, split.attributeItems, (x) => features(model.sae, x));
  const best = topFeatures(statistics).map(({ correlation }, a) => ({
    attribute: split.attributeNames[a] ?? '',
    correlation,
  }));
  const cases = casesOf(split.test);
  const spliced = rankingMetrics(splicedLists(model, cases, shape.window, 10), cases, split.items.length);
  return {
    l0: statistics.l0,
    ...reconstructionError(model.sae, set),
    ndcg: spliced.ndcg,
    hitRate: spliced.hitRate,
    coverage: spliced.coverage,
    meanCorrelation: headlineMean(best, (row) => row.correlation),
    dead: statistics.dead,
    deadShare: statistics.dead / statistics.features,
  };
}
