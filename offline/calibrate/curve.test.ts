import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CurvePoint } from '../../src/steering/steering-map.js';
import { budgetedCurve, logitShare, reachedBy, removalLift } from './curve.js';

const point = (amount: number, lift: number, ndcgKept = 1): CurvePoint => ({ amount, lift, ndcgKept, share: 0.5 });
const FAR = -100;

/** Whatever a sweep may measure, and the point of no intervention. */
const sweeps = fc
  .uniqueArray(
    fc.record({
      amount: fc.integer({ min: -40, max: 40 }).filter((amount) => amount !== 0),
      lift: fc.double({ min: -6, max: 6, noNaN: true }),
      ndcgKept: fc.double({ min: 0, max: 1.2, noNaN: true }),
    }),
    { selector: ({ amount }) => amount, maxLength: 15 },
  )
  .map((points) => [...points.map(({ amount, lift, ndcgKept }) => point(amount, lift, ndcgKept)), point(0, 0)]);
const budgets = fc.double({ min: 0.01, max: 0.9, noNaN: true });
const removals = fc.double({ min: -5, max: -0.1, noNaN: true });

describe('the curve of a steering map', () => {
  it('ascends in amount and lift, stays within the budget and above the removal, and holds no effect', () => {
    fc.assert(
      fc.property(sweeps, budgets, removals, (points, budget, removal) => {
        const { points: curve, minLift, maxLift } = budgetedCurve(points, budget, removal);
        for (const [i, one] of curve.entries()) {
          expect(one.ndcgKept).toBeGreaterThanOrEqual(1 - budget - 1e-9);
          expect(one.lift).toBeGreaterThanOrEqual(removal - 1e-9);
          const before = curve[i - 1];
          if (before === undefined) continue;
          expect(one.amount).toBeGreaterThanOrEqual(before.amount);
          expect(one.lift).toBeGreaterThanOrEqual(before.lift);
        }
        expect(curve).toContainEqual(expect.objectContaining({ lift: 0, ndcgKept: 1 }) as CurvePoint);
        expect(minLift).toBe(Math.min(0, curve[0]!.lift));
        expect(maxLift).toBe(Math.max(0, curve.at(-1)!.lift));
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order in which points were measured', () => {
    fc.assert(
      fc.property(sweeps, budgets, removals, (points, budget, removal) => {
        const forth = budgetedCurve(points, budget, removal);
        expect(budgetedCurve(points.toReversed(), budget, removal)).toEqual(forth);
      }),
    );
  });

  it('is cut where it meets the budget, between the points on both sides', () => {
    const { points, maxLift } = budgetedCurve([point(0, 0), point(2, 1, 0.95), point(4, 3, 0.85)], 0.1, FAR);
    expect(points.map(({ amount }) => amount)).toEqual([0, 2, expect.closeTo(3) as number]);
    expect(maxLift).toBeCloseTo(2);
    expect(points.at(-1)!.ndcgKept).toBeCloseTo(0.9);
  });

  it('is cut downwards where a tenth of the share is left', () => {
    const { points, minLift } = budgetedCurve([point(0, 0), point(-1, -1), point(-3, -3), point(-9, -9)], 0.1, -2);
    expect(points.map(({ amount }) => amount)).toEqual([expect.closeTo(-2) as number, -1, 0]);
    expect(minLift).toBeCloseTo(-2);
  });

  it('grows from no intervention, though small ones change nothing either', () => {
    const { points } = budgetedCurve([point(-2, -1), point(-1, 0), point(0, 0), point(1, 0), point(2, 1)], 0.1, FAR);
    expect(points.map(({ amount }) => amount)).toEqual([-2, 0, 2]);
  });

  it('passes over points that go no further', () => {
    const { points } = budgetedCurve([point(0, 0), point(1, 1), point(2, 0.5), point(3, 2)], 0.1, FAR);
    expect(points.map(({ amount }) => amount)).toEqual([0, 1, 3]);
  });

  it('begins at an affordable point, though another is nearer to no effect', () => {
    const { points } = budgetedCurve([point(0, 0.01, 0.5), point(1, 0.3, 0.95), point(2, 0.8, 0.92)], 0.1, FAR);
    expect(points.map(({ amount }) => amount)).toEqual([expect.closeTo(8 / 9), 1, 2]);
    const none = budgetedCurve([point(0, 0.01, 0.5), point(1, 0.3, 0.6)], 0.1, FAR);
    expect(none.points.map(({ amount }) => amount)).toEqual([0]);
    expect(() => budgetedCurve([], 0.1, FAR)).toThrow('a curve needs points');
  });
});

describe('shares as logits', () => {
  it('are held off 0 and 1 by half a listed item', () => {
    expect(logitShare(0.5, 100)).toBe(0);
    expect(logitShare(0.2, 100)).toBeCloseTo(Math.log(0.25));
    expect(logitShare(0, 100)).toBeCloseTo(Math.log(0.005 / 0.995));
    expect(logitShare(1, 100)).toBeCloseTo(-logitShare(0, 100));
    expect(Number.isFinite(logitShare(0, 0))).toBe(true);
  });

  it('a removal leaves a tenth of the share', () => {
    const lift = removalLift(0.3, 10_000);
    expect(1 / (1 + Math.exp(-(logitShare(0.3, 10_000) + lift)))).toBeCloseTo(0.03, 9);
  });
});

describe('the lift that a part of the attributes reaches', () => {
  it('is the greatest that at least so many reach', () => {
    expect(reachedBy(0.8, [5, 1, 4, 2, 3])).toBe(2);
    expect(reachedBy(0.8, [5])).toBe(5);
    expect(reachedBy(0.8, [])).toBe(0);
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 9, noNaN: true }), { minLength: 1, maxLength: 30 }), (lifts) => {
        const lift = reachedBy(0.8, lifts);
        const reaching = (least: number): number => lifts.filter((one) => one >= least).length / lifts.length;
        expect(reaching(lift)).toBeGreaterThanOrEqual(0.8);
        const next = Math.min(...lifts.filter((one) => one > lift));
        if (Number.isFinite(next)) expect(reaching(next)).toBeLessThan(0.8);
      }),
    );
  });
});
