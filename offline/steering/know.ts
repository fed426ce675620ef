/** What calibration knows of a concept: everything that methods are made from. */
import type { SteerableModel } from '../../src/model/score.js';
import { highQuantile } from '../calibrate/quantile.js';
import type { FeatureStatistics } from '../evaluate/interpretability.js';
import { featureDirection, fitProbe, unitStep } from '../evaluate/probes.js';
import { lazily } from '../lazily.js';
import { learnAdapter } from '../methods/adapter.js';
import { mostCausal, type ScaledFeature } from '../methods/causal.js';
import { learnDirections } from '../methods/directions.js';
import { disposeLearning, type LearningPart } from '../methods/learning-cases.js';
import type { LearnedSettings } from '../methods/settings.js';
import { learnSparse } from '../methods/sparse-features.js';
import type { Concept } from './concepts.js';
import type { Known } from './interventions.js';
import type { SteeringData } from './steering-data.js';

/** Features of greatest correlation: of which the most causal is sought, and which weights are learned for, a block. */
const CAUSAL = 8;
const WEIGHTED = 32;

/** Correlations by SAE, and which row of them is the concept's. */
export interface Correlated {
  readonly statistics: readonly FeatureStatistics[];
  readonly row: number;
}

/** Each piece is made when a method first asks for it. To be closed. */
export interface Knowledge {
  readonly known: Known;
  readonly close: () => void;
}

export function know(
  model: SteerableModel,
  data: SteeringData,
  { items, feature }: Concept,
  correlated: Correlated,
  settings: LearnedSettings,
): Knowledge {
  const [sae] = data.saes;
  const [set] = data.sets;
  if (sae === undefined || set === undefined) throw new Error('methods are compared with an SAE');
  const { layer } = sae.shape;
  const scaled = (one: number): ScaledFeature => ({ feature: one, scale: highQuantile(sae, set, items, one) });
  const lined = strongest(correlated, 0, CAUSAL);
  const [top, ...others] = feature === undefined ? lined : [feature, ...lined.filter((one) => one !== feature)];
  if (top === undefined) throw new Error('the SAE has no features');
  const { width } = set;
  const { std } = data.scaling;
  const own = scaled(top);
  const fitted = lazily({ probe: () => fitProbe(data.normal, items) });
  const lessons = lessonsFor(model, data, items, correlated, settings);
  const known = lazily<Known>({
    items: () => items,
    layer: () => layer,
    feature: () => own.feature,
    scale: () => own.scale,
    causal: () => mostCausal(data.panels.choosing.bench, items, layer, [own, ...others.map(scaled)]),
    towards: () => unitStep(featureDirection(sae, top, width), 1),
    means: () => Float32Array.from(fitted.probe?.difference ?? new Float64Array(width), (value) => std * value),
    probe: () => unitStep(fitted.probe?.logistic.weights ?? new Float64Array(width), std),
    learned: () => lessons.learned,
    adapter: () => lessons.adapter,
  });
  return { known, close: lessons.close };
}

/** Of the SAE of this index, the features of greatest correlation, greatest first. */
function strongest({ statistics, row }: Correlated, index: number, count: number): number[] {
  const found = statistics[index];
  if (found === undefined) return [];
  const { features, correlation } = found;
  const own = correlation.subarray(row * features, (row + 1) * features);
  return Array.from(own.keys())
    .sort((a, b) => (own[b] ?? 0) - (own[a] ?? 0))
    .slice(0, count);
}

function lessonsFor(
  model: SteerableModel,
  data: SteeringData,
  items: Int32Array,
  correlated: Correlated,
  settings: LearnedSettings,
): Pick<Known, 'learned' | 'adapter'> & Pick<Knowledge, 'close'> {
  const bearing = new Set(items);
  const V = (model.gptrec.items.shape as [number, number])[0];
  const bearers = Float32Array.from({ length: V }, (_, item) => (bearing.has(item) ? 1 : 0));
  const { teaching } = data;
  let parts: readonly LearningPart[] | undefined;
  const taught = (): readonly LearningPart[] => (parts ??= teaching.bearing(bearing));
  const directions = (method: 'last' | 'directions' | 'hybrid', blocks?: readonly number[]): Float32Array[] => {
    const { score, balance, ...schedule } = settings[method];
    const term = bearers.map((bears) => bears * score);
    return learnDirections(model, teaching.sources(taught(), balance), term, schedule, blocks);
  };
  const weighted = (): readonly Float32Array[] => {
    const layers = data.saes.map((sae, i) => ({ sae, features: strongest(correlated, i, WEIGHTED) }));
    const { features } = settings;
    return learnSparse(model, layers, teaching.sources(taught(), features.balance), features).shifts;
  };
  return {
    learned: lazily<Known['learned']>({
      features: weighted,
      last: () => directions('last', [model.gptrec.blocks.length]),
      directions: () => directions('directions'),
      hybrid: () => directions('hybrid'),
    }),
    get adapter() {
      return learnAdapter(model, { cases: teaching.late, seed: teaching.seed }, bearers, settings.adapter);
    },
    close: () => {
      disposeLearning(parts ?? []);
    },
  };
}
