/** What calibration knows of an attribute: everything that methods are made from. */
import type { SteerableModel } from '../../src/model/score.js';
import { highQuantile } from '../calibrate/quantile.js';
import { featureDirection, fitProbe, unitStep } from '../evaluate/probes.js';
import { learnAdapter } from '../methods/adapter.js';
import { mostCausal, type ScaledFeature } from '../methods/causal.js';
import { learnDirections } from '../methods/directions.js';
import { disposeLearning } from '../methods/learning-cases.js';
import type { LearnedSettings } from '../methods/settings.js';
import { learnSparse } from '../methods/sparse-features.js';
import type { Known } from './methods.js';
import type { SteeringData } from './steering-data.js';

/** Features of greatest correlation: of which the most causal is sought, and which weights are learned for, a block. */
const CAUSAL = 8;
const WEIGHTED = 32;

export interface Asked {
  readonly attribute: number;
  readonly items: Int32Array;
}

export function know(
  model: SteerableModel,
  data: SteeringData,
  { attribute, items }: Asked,
  settings: LearnedSettings,
): Known {
  const [sae] = data.saes;
  const [set] = data.sets;
  if (sae === undefined || set === undefined) throw new Error('methods are compared with an SAE');
  const { layer } = sae.shape;
  const scaled = (feature: number): ScaledFeature => ({ feature, scale: highQuantile(sae, set, items, feature) });
  const [top, ...others] = strongest(data, attribute, 0, CAUSAL).map(scaled);
  if (top === undefined) throw new Error('the SAE has no features');
  const { width } = set;
  const probe = fitProbe(data.normal, items);
  const { std } = data.scaling;
  return {
    items,
    layer,
    ...top,
    causal: mostCausal(data.panels.choosing.bench, items, layer, [top, ...others]),
    towards: unitStep(featureDirection(sae, top.feature, width), 1),
    means: Float32Array.from(probe?.difference ?? new Float64Array(width), (value) => std * value),
    probe: unitStep(probe?.logistic.weights ?? new Float64Array(width), std),
    ...learned(model, data, { attribute, items }, settings),
  };
}

/** Of the SAE of this index, the features of greatest correlation, greatest first. */
function strongest(data: SteeringData, attribute: number, index: number, count: number): number[] {
  const statistics = data.statistics[index];
  if (statistics === undefined) return [];
  const { features, correlation } = statistics;
  const own = correlation.subarray(attribute * features, (attribute + 1) * features);
  return Array.from(own.keys())
    .sort((a, b) => (own[b] ?? 0) - (own[a] ?? 0))
    .slice(0, count);
}

function learned(
  model: SteerableModel,
  data: SteeringData,
  { attribute, items }: Asked,
  settings: LearnedSettings,
): Pick<Known, 'learned' | 'adapter'> {
  const bearing = new Set(items);
  const V = (model.gptrec.items.shape as [number, number])[0];
  const bearers = Float32Array.from({ length: V }, (_, item) => (bearing.has(item) ? 1 : 0));
  const { teaching } = data;
  const parts = teaching.bearing(bearing);
  try {
    const directions = (method: 'last' | 'directions' | 'hybrid', blocks?: readonly number[]): Float32Array[] => {
      const { score, balance, ...schedule } = settings[method];
      const term = bearers.map((bears) => bears * score);
      return learnDirections(model, teaching.sources(parts, balance), term, schedule, blocks);
    };
    const layers = data.saes.map((sae, i) => ({ sae, features: strongest(data, attribute, i, WEIGHTED) }));
    const { features } = settings;
    return {
      learned: {
        features: learnSparse(model, layers, teaching.sources(parts, features.balance), features).shifts,
        last: directions('last', [model.gptrec.blocks.length]),
        directions: directions('directions'),
        hybrid: directions('hybrid'),
      },
      adapter: learnAdapter(model, { cases: teaching.late, seed: teaching.seed }, bearers, settings.adapter),
    };
  } finally {
    disposeLearning(parts);
  }
}
