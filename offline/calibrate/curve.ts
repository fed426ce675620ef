/** From measured points to the curve of a steering map: monotone, within the budget. Pure. */
import type { CurvePoint } from '../../src/steering/steering-map.js';

/** Share of the unsteered share that the gain -1 aims at. */
const REMOVED = 0.1;

/** logit(share), the share held off 0 and 1 by half a listed item. */
export function logitShare(share: number, listed: number): number {
  const edge = 0.5 / Math.max(1, listed);
  const held = Math.min(1 - edge, Math.max(edge, share));
  return Math.log(held / (1 - held));
}

export interface Curve {
  /** By ascending amount and lift. */
  readonly points: readonly CurvePoint[];
  readonly maxLift: number;
  readonly minLift: number;
}

/**
 * @param points measured, in any order; the curve grows both ways from the affordable one whose lift is nearest to 0
 *   (where the budget affords none, which only `replace` can come to, from the nearest of all)
 * @param budget share of NDCG that may be lost
 * @param removal lift at which a tenth of the unsteered share is left: further down there is nothing to gain
 */
export function budgetedCurve(points: readonly CurvePoint[], budget: number, removal: number): Curve {
  const sorted = points.toSorted((a, b) => a.amount - b.amount);
  const affordable = sorted.filter(({ ndcgKept }) => ndcgKept >= 1 - budget);
  const origin = nearestToUnsteered(affordable) ?? nearestToUnsteered(sorted);
  if (origin === undefined) throw new Error('a curve needs points');
  const start = sorted.indexOf(origin);
  const up = walk(origin, sorted.slice(start + 1), 1, budget, Number.POSITIVE_INFINITY);
  const down = walk(origin, sorted.slice(0, start).reverse(), -1, budget, -removal);
  const curve = [...down.reverse(), origin, ...up];
  const ends = [curve[0]?.lift ?? 0, curve.at(-1)?.lift ?? 0] as const;
  return { points: curve, minLift: Math.min(0, ends[0]), maxLift: Math.max(0, ends[1]) };
}

/** The point whose lift is nearest to 0; of equal ones the least amount: small ones often change no list at all. */
const nearestToUnsteered = (points: readonly CurvePoint[]): CurvePoint | undefined =>
  points.toSorted((a, b) => Math.abs(a.lift) - Math.abs(b.lift) || Math.abs(a.amount) - Math.abs(b.amount))[0];

/** Lift that leaves a tenth of the share. */
export const removalLift = (baseShare: number, listed: number): number =>
  logitShare(baseShare * REMOVED, listed) - logitShare(baseShare, listed);

/** Points away from the origin while they go further in `direction` and stay within budget; the last one is cut to it. */
function walk(
  origin: CurvePoint,
  points: readonly CurvePoint[],
  direction: 1 | -1,
  budget: number,
  limit: number,
): CurvePoint[] {
  const path: CurvePoint[] = [];
  let previous = origin;
  for (const point of points) {
    if ((point.lift - previous.lift) * direction <= 0) continue;
    const overBudget = crossing(previous.ndcgKept, point.ndcgKept, 1 - budget, -1);
    const overLimit = crossing(previous.lift * direction, point.lift * direction, limit, 1);
    const part = Math.min(overBudget, overLimit);
    if (part > 0) path.push(part < 1 ? between(previous, point, part) : point);
    if (part < 1) break;
    previous = point;
  }
  return path;
}

/** Where from `a` to `b` a bound is met, in [0, 1]; 1 if it is not. `sign` 1: an upper bound, -1: a lower one. */
function crossing(a: number, b: number, bound: number, sign: 1 | -1): number {
  if ((b - bound) * sign <= 0) return 1;
  if ((a - bound) * sign >= 0) return 0;
  return (bound - a) / (b - a);
}

function between(a: CurvePoint, b: CurvePoint, part: number): CurvePoint {
  const mix = (x: number, y: number): number => x + (y - x) * part;
  return {
    amount: mix(a.amount, b.amount),
    share: mix(a.share, b.share),
    lift: mix(a.lift, b.lift),
    ndcgKept: mix(a.ndcgKept, b.ndcgKept),
  };
}

/** Largest lift that at least `part` of the attributes reach. */
export function reachedBy(part: number, maxLifts: readonly number[]): number {
  const sorted = maxLifts.toSorted((a, b) => b - a);
  return sorted[Math.ceil(part * sorted.length) - 1] ?? 0;
}
