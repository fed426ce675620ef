/** One point of the Pareto picture: what a dictionary costs the model, and how well its features line up. */
import { features } from '../../src/model/sae.js';
import { casesOf } from '../evaluate/cases.js';
import { headlineMean } from '../evaluate/headline.js';
import { featureStatistics, topFeatures } from '../evaluate/interpretability.js';
import { rankingMetrics } from '../evaluate/ranking-metrics.js';
import { reconstructionError, splicedLists } from '../evaluate/spliced.js';
import { readActivations } from '../sae/activation-set.js';
import type { DictionaryEntry, LoadedDictionary } from '../sae/run-sae.js';
import type { ParetoRow } from './table.js';

/** On the test users, as everything that `evaluate` reports. */
export function measureDictionary(loaded: LoadedDictionary, settings: DictionaryEntry['settings']): ParetoRow {
  const { split, shape, model, saeShape } = loaded;
  const { window } = shape;
  const set = readActivations(model, split.test, { window, ...saeShape });
  const statistics = featureStatistics(set, split.attributeItems, (x) => features(model.sae, x));
  const best = topFeatures(statistics).map(({ correlation }, a) => ({
    attribute: split.attributeNames[a] ?? '',
    correlation,
  }));
  const cases = casesOf(split.test);
  const spliced = rankingMetrics(splicedLists(model, cases, window, 10), cases, split.items.length);
  const { sparsity, place } = settings;
  return {
    name: settings.name,
    kind: sparsity.kind === 'l1' && sparsity.loss === 'squared' ? 'l1-squared' : sparsity.kind,
    sparsity: sparsity.kind === 'l1' ? sparsity.l1 : sparsity.k,
    features: settings.features,
    layer: place.layer,
    site: place.site,
    l0: statistics.l0,
    ...reconstructionError(model.sae, set),
    ndcg: spliced.ndcg,
    hitRate: spliced.hitRate,
    coverage: spliced.coverage,
    meanCorrelation: headlineMean(best, (row) => row.correlation),
    dead: statistics.dead,
    deadShare: statistics.dead / settings.features,
  };
}
