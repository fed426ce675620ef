/** Each attribute's top feature, beside the best neuron, and how the top features stand to all attributes. */
import { features as saeFeatures } from '../../src/model/sae.js';
import { spread } from '../sae/activation-set.js';
import type { EvaluationData } from './evaluation-data.js';
import { headlineMean } from './headline.js';
import { type FeatureStatistics, featureStatistics, rocAuc, topFeatures } from './interpretability.js';
import { activationsOf } from './portraits.js';
import { labelsOf } from './probes.js';
import type { AttributeRow, DictionarySummary, HeatMap } from './results.js';
import { reconstructionError } from './spliced.js';

/** Points of the AUC's sample, at most; spread evenly. */
const AUC_POINTS = 20_000;
/** A picture of more attributes cannot be read. */
const MOST_SHOWN = 40;

export type Interpretation = {
  /** By attribute of the split. */
  readonly rows: readonly AttributeRow[];
  readonly summary: DictionarySummary;
  readonly heatMap: HeatMap;
};

export function interpret({ loaded, set }: EvaluationData): Interpretation {
  const { split, model } = loaded;
  const statistics = featureStatistics(set, split.attributeItems, (x) => saeFeatures(model.sae, x));
  const neurons = topFeatures(featureStatistics(set, split.attributeItems, (x) => x));
  const top = topFeatures(statistics);
  const sample = spread(set, AUC_POINTS);
  const activations = activationsOf(
    model.sae,
    sample,
    top.map(({ feature }) => feature),
  );
  const rows = top.map(
    (best, a): AttributeRow => ({
      attribute: split.attributeNames[a] ?? '',
      ...best,
      auc: rocAuc(activations[a] ?? [], labelsOf(sample.items, split.attributeItems[a] ?? new Int32Array())),
      neuron: neurons[a]?.correlation ?? 0,
    }),
  );
  const mean = (value: (row: AttributeRow) => number): number => headlineMean(rows, value);
  const summary = {
    ...reconstructionError(model.sae, set),
    l0: statistics.l0,
    dead: statistics.dead,
    meanCorrelation: mean((row) => row.correlation),
    meanNeuronCorrelation: mean((row) => row.neuron),
    meanAuc: mean((row) => row.auc),
    meanSensitivity: mean((row) => row.sensitivity),
  };
  return { rows, summary, heatMap: heatMapOf(rows, statistics) };
}

/** The attributes that pictures show: all of them, or where they are too many those met most often. */
export function shownAttributes(rows: readonly AttributeRow[]): AttributeRow[] {
  const often = new Set(rows.toSorted((a, b) => b.popularity - a.popularity).slice(0, MOST_SHOWN));
  return rows.filter((row) => often.has(row));
}

function heatMapOf(rows: readonly AttributeRow[], { features, correlation }: FeatureStatistics): HeatMap {
  const shown = shownAttributes(rows);
  const columns = [...new Set(shown.map(({ feature }) => feature))];
  return {
    attributes: shown.map(({ attribute }) => attribute),
    features: columns,
    correlation: shown.map((row) => columns.map((j) => correlation[rows.indexOf(row) * features + j] ?? 0)),
  };
}
