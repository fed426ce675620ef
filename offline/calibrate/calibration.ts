/**
 * Measures how each attribute is best steered: by its top feature, by what was learned for it, by a constant added to the
 * scores of labelled items, which is what a platform would do without any of this, or by some of it together. Per
 * attribute the score term is taken unless another method serves clearly better at the end of the budget; the map names
 * it.
 */
import type { SteeringWeights } from '../../src/model/steering-weights.js';
import { editsOf } from '../../src/steering/plan.js';
import type {
  AttributeSteering,
  CurvePoint,
  SteeringMap,
  SteeringMethod,
  Term,
} from '../../src/steering/steering-map.js';
import type { TestCase } from '../evaluate/cases.js';
import { ndcg } from '../evaluate/ranking-metrics.js';
import { attributeShare, interventionOf, type SweepBench } from '../evaluate/sweep.js';
import { leadsClearly } from '../methods/clear-lead.js';
import type { Candidate } from './candidates.js';
import { budgetedCurve, type Curve, logitShare, reachedBy, removalLift } from './curve.js';
import type { CandidateMethod } from './methods.js';

export interface CalibrationSettings {
  readonly budget: number;
  readonly layer: number;
}

/** What one method achieves for one attribute. */
export interface MeasuredMethod extends Curve {
  readonly method: SteeringMethod;
  readonly terms: readonly Term[];
  /** Every measured point, those beyond the budget too. */
  readonly measured: readonly CurvePoint[];
  /** NDCG of each wish at the curve's upper end. */
  readonly granted: readonly number[];
}

/** Cases whose next item bears the attribute: whether who asks for it, and takes it next, finds it. */
export interface Wishes {
  readonly bench: SweepBench;
  readonly cases: readonly TestCase[];
}

/** Beyond this loss the sweep goes no further in a direction. */
const hopeless = (budget: number): number => 1 - 2 * budget;

/** @param steering the attribute's own direction and adapter, where they were learned */
export function measureMethod(
  bench: SweepBench,
  wishes: Wishes | undefined,
  candidate: Candidate,
  { method, terms, strengths }: CandidateMethod,
  { budget, layer }: CalibrationSettings,
  steering: SteeringWeights | undefined,
): MeasuredMethod {
  const run = (on: SweepBench, strength: number): ReturnType<SweepBench['run']> =>
    on.run({
      ...interventionOf(editsOf(terms, strength, 0, layer), () => candidate.items),
      ...(steering && { steering }),
    });
  const measured: CurvePoint[] = [];
  const baseShare = attributeShare(bench.base.lists, candidate.items);
  const listed = bench.base.lists.reduce((sum, list) => sum + list.length, 0);
  const removal = removalLift(baseShare, listed);
  const measure = (amount: number): CurvePoint => {
    const { lists, metrics } = run(bench, amount);
    const share = attributeShare(lists, candidate.items);
    const lift = logitShare(share, listed) - logitShare(baseShare, listed);
    const point = { amount, share, lift, ndcgKept: metrics.ndcg / Math.max(1e-9, bench.base.metrics.ndcg) };
    measured.push(point);
    return point;
  };
  measure(0);
  for (const strength of strengths) if (measure(strength).ndcgKept < hopeless(budget)) break;
  for (const strength of strengths) {
    const point = measure(-strength);
    if (point.ndcgKept < hopeless(budget) || point.lift < removal) break;
  }
  const curve = budgetedCurve(measured, budget, removal);
  const granted = wishes ? ndcgsOf(wishes, run(wishes.bench, curve.points.at(-1)?.amount ?? 0).lists) : [];
  return { method, terms, measured, granted, ...curve };
}

const ndcgsOf = ({ cases }: Wishes, lists: readonly Int32Array[]): number[] =>
  cases.map(({ target }, i) => ndcg(lists[i] ?? new Int32Array(), target));

/**
 * Of those that serve wishes clearly better than the score term the one that does so best, else the score term; where
 * there are no wishes, the one with the greatest lift. Of equals the first. Of one that is wanted its best variant; where
 * it could not be learned, since nobody who teaches took what bears the attribute, as if none were wanted.
 */
export function bestMethod(
  { methods, wishers }: Pick<CalibratedAttribute, 'methods' | 'wishers'>,
  wanted: SteeringMethod | 'best',
): MeasuredMethod {
  const own = methods.filter(({ method }) => method === wanted);
  const allowed = own.length > 0 ? own : methods.filter((one) => isAllowed(one, methods, wishers));
  const wish = ({ granted }: MeasuredMethod): number => granted.reduce((sum, value) => sum + value, 0);
  const isBetter = (a: MeasuredMethod, b: MeasuredMethod): boolean =>
    wish(a) > wish(b) || (wish(a) === wish(b) && a.maxLift > b.maxLift);
  const best = allowed.reduce<MeasuredMethod | undefined>((a, b) => (a && !isBetter(b, a) ? a : b), undefined);
  if (best === undefined) throw new Error('no method was measured');
  return best;
}

function isAllowed(
  one: MeasuredMethod,
  methods: readonly MeasuredMethod[],
  wishers: CalibratedAttribute['wishers'],
): boolean {
  const score = methods.find(({ method }) => method === 'score');
  if (score === undefined || one === score || wishers.length === 0) return true;
  return leadsClearly(wishers, { own: one.granted, reRanked: score.granted });
}

/** What calibration found of one attribute. */
export interface CalibratedAttribute {
  readonly candidate: Candidate;
  readonly methods: readonly MeasuredMethod[];
  /** The user of each wish. */
  readonly wishers: readonly number[];
}

/** The map, and by attribute which of them use their own direction or adapter, in the order in which it counts them. */
export interface CalibratedMap {
  readonly map: SteeringMap;
  readonly directions: readonly string[];
  readonly adapters: readonly string[];
}

export function steeringMap(
  calibrated: readonly CalibratedAttribute[],
  bench: SweepBench,
  { budget, layer }: CalibrationSettings,
  wanted: SteeringMethod | 'best',
): CalibratedMap {
  const directions: string[] = [];
  const adapters: string[] = [];
  const attributes = calibrated.map((one): AttributeSteering => {
    const { candidate, methods } = one;
    const { attribute, items } = candidate;
    const best = bestMethod(one, wanted);
    const score = methods.find((measured) => measured.method === 'score') ?? best;
    const terms = best.terms.map((term): Term => {
      if (term.kind === 'direction') return { ...term, direction: directions.push(attribute) - 1 };
      if (term.kind === 'adapter') return { ...term, adapter: adapters.push(attribute) - 1 };
      return term;
    });
    return {
      attribute,
      method: best.method,
      terms,
      baseShare: attributeShare(bench.base.lists, items),
      curve: [...best.points],
      scorePerLift: logitsPerLift(score.points),
      maxLift: best.maxLift,
      minLift: best.minLift,
    };
  });
  const maxLifts = attributes.map(({ maxLift }) => maxLift);
  return { map: { budget, unitLift: reachedBy(0.8, maxLifts), layer, attributes }, directions, adapters };
}

/** Slope of amount over lift through the origin, least squares; 1 where nothing was measured to fit. */
function logitsPerLift(points: readonly CurvePoint[]): number {
  const products = points.reduce((sum, { amount, lift }) => sum + amount * lift, 0);
  const squares = points.reduce((sum, { lift }) => sum + lift * lift, 0);
  return squares > 0 ? products / squares : 1;
}
