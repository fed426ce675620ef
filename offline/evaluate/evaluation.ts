/** Measures a trained model, its SAE and its steering map on users that none of them saw. */
import * as tf from '@tensorflow/tfjs';
import { features as saeFeatures, someFeatures } from '../../src/model/sae.js';
import type { SteeringMap } from '../../src/steering/steering-map.js';
import { planSteering } from '../../src/steering/plan.js';
import { breathe } from '../context.js';
import { type ActivationSet, readActivations, spread } from '../sae/activation-set.js';
import type { LoadedDictionary } from '../sae/run-sae.js';
import { itemCounts, markovLists, popularLists } from './baselines.js';
import { casesOf, rankCases, type TestCase } from './cases.js';
import { headlineMean } from './headline.js';
import { featureStatistics, rocAuc, topFeatures } from './interpretability.js';
import { rankingMetrics } from './ranking-metrics.js';
import type { AttributeRow, EvaluationReport, GainRow, NamedMetrics, SteeringRow, StrengthCell } from './report.js';
import { reconstructionError, splicedLists } from './spliced.js';
import { attributeShare, type Intervention, SweepBench } from './sweep.js';

export interface EvaluationSettings {
  /** Attributes of the strength table. */
  readonly attributes: readonly string[];
  /** Absolute activations, as in the paper's sweep. */
  readonly strengths: readonly number[];
}

/** @param report is called with the name of each part before it is measured */
export async function evaluate(
  loaded: LoadedDictionary,
  map: SteeringMap,
  settings: EvaluationSettings,
  signal: AbortSignal,
  report: (part: string) => void,
): Promise<EvaluationReport> {
  const part = async (name: string): Promise<void> => {
    report(name);
    await breathe(signal);
  };
  const { split, shape, model, saeShape } = loaded;
  const cases = casesOf(split.test);
  await part('rankings');
  const ranking = rankings(loaded, cases);
  await part('interpretability');
  const set = readActivations(model, split.test, { window: shape.window, ...saeShape });
  const interpreted = interpret(loaded, set);
  await part('strengths');
  const bench = new SweepBench(model, cases, { window: shape.window, items: split.items.length });
  try {
    const steering = settings.attributes.flatMap((attribute) =>
      strengthRows(loaded, bench, interpreted.rows, attribute, settings.strengths),
    );
    await part('equalizer');
    const equalizer = map.attributes.map(({ attribute }) => gainRow(loaded, bench, map, attribute));
    return { split: split.kind, ranking, sae: interpreted.summary, attributes: interpreted.rows, steering, equalizer };
  } finally {
    bench.close();
  }
}

function rankings({ split, shape, model }: LoadedDictionary, test: readonly TestCase[]): NamedMetrics[] {
  const V = split.items.length;
  const counts = itemCounts(split.train, V);
  const { window } = shape;
  const measure = (
    name: string,
    users: 'test' | 'sae',
    lists: readonly Int32Array[],
    cases: readonly TestCase[],
  ): NamedMetrics => ({
    name,
    users,
    metrics: rankingMetrics(lists, cases, V),
  });
  const rows = [
    measure('GPTRec', 'test', rankCases(model, test, { window, k: 10 }), test),
    measure('most popular', 'test', popularLists(counts, test, 10), test),
    measure('item-to-item Markov', 'test', markovLists(split.train, counts, test, 10), test),
    measure('GPTRec, SAE spliced in', 'test', splicedLists(model, test, window, 10), test),
  ];
  if (split.kind !== 'paper') return rows;
  const others = casesOf(split.sae);
  return [...rows, measure('GPTRec', 'sae', rankCases(model, others, { window, k: 10 }), others)];
}

/** Points of the AUC's sample, at most; spread evenly. */
const AUC_POINTS = 20_000;

function interpret(
  { split, model }: LoadedDictionary,
  set: ActivationSet,
): { rows: AttributeRow[]; summary: EvaluationReport['sae'] } {
  const statistics = featureStatistics(set, split.attributeItems, (x) => saeFeatures(model.sae, x));
  const neurons = topFeatures(featureStatistics(set, split.attributeItems, (x) => x));
  const top = topFeatures(statistics);
  const rows = top.map(
    (best, a): AttributeRow => ({
      attribute: split.attributeNames[a] ?? '',
      ...best,
      auc: featureAuc(model, set, best.feature, split.attributeItems[a] ?? new Int32Array()),
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
  return { rows, summary };
}

function featureAuc(model: LoadedDictionary['model'], set: ActivationSet, feature: number, items: Int32Array): number {
  const { values, items: sampled, width } = spread(set, AUC_POINTS);
  const tensor = tf.tidy(() =>
    someFeatures(model.sae, tf.tensor2d(values, [sampled.length, width]), tf.tensor1d([feature], 'int32')),
  );
  const activations = tensor.dataSync<'float32'>().slice();
  tensor.dispose();
  const bearers = new Set(items);
  return rocAuc(
    activations,
    Array.from(sampled, (item) => bearers.has(item)),
  );
}

const cell = (bench: SweepBench, strength: number, items: Int32Array, intervention: Intervention): StrengthCell => {
  const { lists, metrics } = bench.run(intervention);
  return {
    strength,
    share: attributeShare(lists, items),
    ndcgKept: metrics.ndcg / Math.max(1e-9, bench.base.metrics.ndcg),
  };
};

function strengthRows(
  { split, saeShape }: LoadedDictionary,
  bench: SweepBench,
  rows: readonly AttributeRow[],
  attribute: string,
  strengths: readonly number[],
): SteeringRow[] {
  const a = split.attributeNames.indexOf(attribute);
  const items = split.attributeItems[a];
  const feature = rows[a]?.feature;
  if (items === undefined || feature === undefined) return [];
  const { layer } = saeShape;
  return (['replace', 'delta'] as const).map((mode) => ({
    attribute,
    mode,
    cells: strengths.map((amount) =>
      cell(bench, amount, items, { edits: [{ kind: 'latent', layer, feature, mode, amount }] }),
    ),
  }));
}

/** The equalizer as it serves, one slider at an end. */
function gainRow({ split }: LoadedDictionary, bench: SweepBench, map: SteeringMap, attribute: string): GainRow {
  const index = split.attributeNames.indexOf(attribute);
  const items = split.attributeItems[index] ?? new Int32Array();
  const at = (gain: number): StrengthCell => {
    const { edits } = planSteering({ [attribute]: gain }, map, () => index);
    const [edit] = edits;
    const intervention =
      edit?.kind === 'score' ? { score: { items, amount: edit.amount } } : edit ? { edits: [edit] } : {};
    return cell(bench, gain, items, intervention);
  };
  const method = map.attributes.find((entry) => entry.attribute === attribute)?.method ?? 'none';
  return { attribute, method, base: attributeShare(bench.base.lists, items), up: at(1), down: at(-1) };
}
