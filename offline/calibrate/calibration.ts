/**
 * Measures how each attribute is best steered: by its top feature (delta or add), or by a constant added to the scores
 * of labelled items, which is what a platform would do without any SAE. Per attribute the method with the greatest lift
 * within the budget wins; the map names it.
 */
import type { AttributeSteering, CurvePoint, SteeringMap, SteeringMethod } from '../../src/steering/steering-map.js';
import { attributeShare, type Intervention, type SweepBench } from '../evaluate/sweep.js';
import { budgetedCurve, type Curve, logitShare, reachedBy, removalLift } from './curve.js';

export interface Candidate {
  readonly attribute: string;
  readonly items: Int32Array;
  /** The feature with the greatest correlation, and a high quantile of its activations where the attribute is present. */
  readonly feature: number;
  readonly correlation: number;
  readonly scale: number;
}

export interface CalibrationSettings {
  readonly budget: number;
  readonly layer: number;
  /** `best` measures all and takes the best of each attribute. */
  readonly method: SteeringMethod | 'best';
}

/** What one method achieves for one attribute. */
export interface MeasuredMethod extends Curve {
  readonly method: SteeringMethod;
  /** Every measured point, those beyond the budget too. */
  readonly measured: readonly CurvePoint[];
}

/** Multiples of the feature's own scale; for score terms logits. */
const LATENT_STEPS = [0.125, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6];
const SCORE_STEPS = [0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 6, 8];

/** Beyond this loss the sweep goes no further in a direction. */
const hopeless = (budget: number): number => 1 - 2 * budget;

export function measureMethods(
  bench: SweepBench,
  candidate: Candidate,
  settings: CalibrationSettings,
): MeasuredMethod[] {
  const methods: readonly SteeringMethod[] =
    settings.method === 'best' ? ['delta', 'add', 'score'] : [settings.method, 'score'];
  return [...new Set(methods)].map((method) => measureMethod(bench, candidate, method, settings));
}

function measureMethod(
  bench: SweepBench,
  candidate: Candidate,
  method: SteeringMethod,
  settings: CalibrationSettings,
): MeasuredMethod {
  const { budget, layer } = settings;
  const unit = method === 'score' ? 1 : candidate.scale;
  const steps = method === 'score' ? SCORE_STEPS : LATENT_STEPS;
  const intervention = (amount: number): Intervention =>
    method === 'score'
      ? { score: { items: candidate.items, amount } }
      : { edits: [{ kind: 'latent', layer, feature: candidate.feature, mode: method, amount }] };
  const measured: CurvePoint[] = [];
  const baseShare = attributeShare(bench.base.lists, candidate.items);
  const listed = bench.base.lists.reduce((sum, list) => sum + list.length, 0);
  const removal = removalLift(baseShare, listed);
  const measure = (amount: number): CurvePoint => {
    const { lists, metrics } = bench.run(intervention(amount));
    const share = attributeShare(lists, candidate.items);
    const lift = logitShare(share, listed) - logitShare(baseShare, listed);
    const point = { amount, share, lift, ndcgKept: metrics.ndcg / Math.max(1e-9, bench.base.metrics.ndcg) };
    measured.push(point);
    return point;
  };
  measure(0);
  for (const step of steps) if (measure(step * unit).ndcgKept < hopeless(budget)) break;
  for (const step of steps) {
    const point = measure(-step * unit);
    if (point.ndcgKept < hopeless(budget) || point.lift < removal) break;
  }
  return { method, measured, ...budgetedCurve(measured, budget, removal) };
}

/** The method with the greatest lift; of equal ones the first. */
export function bestMethod(methods: readonly MeasuredMethod[], wanted: SteeringMethod | 'best'): MeasuredMethod {
  const allowed = wanted === 'best' ? methods : methods.filter(({ method }) => method === wanted);
  const best = allowed.reduce<MeasuredMethod | undefined>((a, b) => (a && a.maxLift >= b.maxLift ? a : b), undefined);
  if (best === undefined) throw new Error('no method was measured');
  return best;
}

/** What calibration found of one attribute. */
export interface CalibratedAttribute {
  readonly candidate: Candidate;
  readonly methods: readonly MeasuredMethod[];
}

export function steeringMap(
  calibrated: readonly CalibratedAttribute[],
  bench: SweepBench,
  { budget, layer, method }: CalibrationSettings,
): SteeringMap {
  const attributes = calibrated.map(({ candidate, methods }): AttributeSteering => {
    const best = bestMethod(methods, method);
    const score = methods.find((measured) => measured.method === 'score') ?? best;
    return {
      attribute: candidate.attribute,
      method: best.method,
      feature: best.method === 'score' ? -1 : candidate.feature,
      correlation: best.method === 'score' ? 0 : candidate.correlation,
      baseShare: attributeShare(bench.base.lists, candidate.items),
      curve: [...best.points],
      scorePerLift: logitsPerLift(score.points),
      maxLift: best.maxLift,
      minLift: best.minLift,
    };
  });
  return {
    budget,
    unitLift: reachedBy(
      0.8,
      attributes.map(({ maxLift }) => maxLift),
    ),
    layer,
    attributes,
  };
}

/** Slope of amount over lift through the origin, least squares; 1 where nothing was measured to fit. */
function logitsPerLift(points: readonly CurvePoint[]): number {
  const products = points.reduce((sum, { amount, lift }) => sum + amount * lift, 0);
  const squares = points.reduce((sum, { lift }) => sum + lift * lift, 0);
  return squares > 0 ? products / squares : 1;
}
