import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amountFor, createPlanner } from './plan.js';
import type { AttributeSteering, SteeringMap } from './steering-map.js';

const point = (amount: number, lift: number): AttributeSteering['curve'][number] => ({
  amount,
  lift,
  share: 0.5,
  ndcgKept: 0.95,
});
const steering = (attribute: string, given: Partial<AttributeSteering> = {}): AttributeSteering => ({
  attribute,
  method: 'delta',
  terms: [{ kind: 'latent', feature: 3, mode: 'delta', per: 1 }],
  baseShare: 0.2,
  curve: [point(-4, -3), point(0, 0), point(2, 1), point(6, 2)],
  scorePerLift: 1.5,
  maxLift: 2,
  minLift: -3,
  ...given,
});
const map = (attributes: AttributeSteering[], unitLift = 2): SteeringMap => ({
  budget: 0.1,
  unitLift,
  layer: 2,
  attributes,
});
const NAMES = ['genre/A', 'genre/B'];
const index = (name: string): number | undefined => (NAMES.includes(name) ? NAMES.indexOf(name) : undefined);
const one = (gain: number, given: Partial<AttributeSteering> = {}, unitLift = 2) =>
  createPlanner(map([steering('genre/A', given)], unitLift), index)({ 'genre/A': gain });

/** A curve through 0, as calibration makes them, and its steering. */
const curves = fc
  .record({
    up: fc.array(
      fc.record({
        amount: fc.double({ min: 0.01, max: 3, noNaN: true }),
        lift: fc.double({ min: 0.01, max: 3, noNaN: true }),
      }),
      { maxLength: 5 },
    ),
    down: fc.array(
      fc.record({
        amount: fc.double({ min: 0.01, max: 3, noNaN: true }),
        lift: fc.double({ min: 0.01, max: 3, noNaN: true }),
      }),
      { maxLength: 5 },
    ),
  })
  .map(({ up, down }) => {
    const pile = (steps: { amount: number; lift: number }[], sign: number): AttributeSteering['curve'] => {
      let [amount, lift] = [0, 0];
      return steps.map((step) => point(sign * (amount += step.amount), sign * (lift += step.lift)));
    };
    const curve = [...pile(down, -1).reverse(), point(0, 0), ...pile(up, 1)];
    return { curve, minLift: curve[0]!.lift, maxLift: curve.at(-1)!.lift };
  });
const gains = fc.double({ min: -1, max: 1, noNaN: true });

describe('planning steering', () => {
  it('aims at gain times the unit lift, read off the curve', () => {
    expect(one(0.25)).toEqual({
      gains: [{ attribute: 'genre/A', gain: 0.25, method: 'delta', amount: 1, limited: false }],
      edits: [{ kind: 'latent', layer: 2, feature: 3, mode: 'delta', amount: 1 }],
      popularEdits: [{ kind: 'score', attribute: 0, amount: 0.75 }],
    });
    expect(one(0.75).gains[0]?.amount).toBe(4);
    expect(one(-0.5).gains[0]?.amount).toBe(-2);
  });

  it('is held by the budget, and says so', () => {
    const held = one(1, {}, 3);
    expect(held.gains[0]).toMatchObject({ amount: 6, limited: true });
    expect(held.popularEdits).toEqual([{ kind: 'score', attribute: 0, amount: 3 }]);
    expect(one(0.6, {}, 3).gains[0]).toMatchObject({ limited: false });
    expect(one(-1, {}, 9).gains[0]).toMatchObject({ amount: -4, limited: false });
  });

  it('makes score edits where that is the method', () => {
    const given = { method: 'score', terms: [{ kind: 'score', per: 1 }] } as const;
    expect(one(0.5, { ...given, terms: [...given.terms] }).edits).toEqual([{ kind: 'score', attribute: 0, amount: 2 }]);
  });

  it('makes an edit of every term, each at its own pace and held at its most', () => {
    const terms: AttributeSteering['terms'] = [
      { kind: 'score', per: 2 },
      { kind: 'direction', direction: 1, per: 0.5, most: 0.75 },
      { kind: 'adapter', adapter: 4, per: -1 },
      { kind: 'latent', feature: 3, mode: 'add', per: 3 },
    ];
    const edits = (amount: number): object[] => [
      { kind: 'score', attribute: 0, amount: 2 * amount },
      { kind: 'direction', direction: 1, amount: Math.max(-0.75, Math.min(0.75, 0.5 * amount)) },
      { kind: 'adapter', adapter: 4, amount: -amount },
      { kind: 'latent', layer: 2, feature: 3, mode: 'add', amount: 3 * amount },
    ];
    for (const [gain, amount] of [
      [0.25, 1],
      [0.5, 2],
      [-0.5, -2],
      [-1, -4],
    ] as const) {
      const plan = one(gain, { method: 'hybrid', terms });
      expect(plan.gains).toEqual([{ attribute: 'genre/A', gain, method: 'hybrid', amount, limited: false }]);
      expect(plan.edits).toEqual(edits(amount));
    }
  });

  it('says what it cannot steer: an attribute without calibration, or one that no item bears', () => {
    const two = map([steering('genre/A'), steering('genre/Gone')]);
    const plan = createPlanner(two, index)({ 'genre/B': 0.5, 'genre/Gone': -0.5, 'genre/Never': 1 });
    expect(plan.gains.map(({ attribute, method, amount, limited }) => [attribute, method, amount, limited])).toEqual([
      ['genre/B', 'none', 0, true],
      ['genre/Gone', 'none', 0, true],
      ['genre/Never', 'none', 0, true],
    ]);
    expect([plan.edits, plan.popularEdits]).toEqual([[], []]);
  });

  it('does nothing for a gain of zero, and nothing without gains', () => {
    expect(one(0)).toEqual({ gains: [], edits: [], popularEdits: [] });
    expect(createPlanner(map([]), index)({})).toEqual({ gains: [], edits: [], popularEdits: [] });
  });

  it('is the same in whatever order the gains come', () => {
    const other: AttributeSteering['terms'] = [{ kind: 'latent', feature: 5, mode: 'delta', per: 1 }];
    const planned = createPlanner(map([steering('genre/B', { terms: other }), steering('genre/A')]), index);
    const forth = planned({ 'genre/A': 0.5, 'genre/B': -1 });
    expect(planned({ 'genre/B': -1, 'genre/A': 0.5 })).toEqual(forth);
    expect(forth.edits.map((edit) => edit.kind === 'latent' && edit.feature)).toEqual([3, 5]);
  });

  it('is monotone in the gain, for the model and for popularity, and never leaves the curve', () => {
    fc.assert(
      fc.property(curves, gains, gains, fc.double({ min: 0, max: 6, noNaN: true }), (given, a, b, unit) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((gain) => one(gain, given, unit));
        const amount = (plan: typeof low): number => plan!.gains[0]?.amount ?? 0;
        const popular = (plan: typeof low): number => plan!.popularEdits[0]?.amount ?? 0;
        expect(amount(low)).toBeLessThanOrEqual(amount(high) + 1e-9);
        expect(popular(low)).toBeLessThanOrEqual(popular(high) + 1e-9);
        const [first, last] = [given.curve[0]!, given.curve.at(-1)!];
        expect(amount(low)).toBeGreaterThanOrEqual(first.amount - 1e-9);
        expect(amount(high)).toBeLessThanOrEqual(last.amount + 1e-9);
        for (const plan of [low!, high!]) {
          expect(Math.abs(popular(plan))).toBeLessThanOrEqual(1.5 * Math.max(given.maxLift, -given.minLift) + 1e-9);
        }
      }),
    );
  });

  it('reads amounts exactly at the curve’s points, between its neighbours elsewhere, and at its ends beyond them', () => {
    fc.assert(
      fc.property(curves, fc.double({ min: -20, max: 20, noNaN: true }), ({ curve }, lift) => {
        for (const { amount, lift: at } of curve) expect(amountFor(at, curve)).toBeCloseTo(amount, 9);
        const above = curve.findIndex((one) => one.lift >= lift);
        const [low, high] = [curve[above - 1] ?? curve[0]!, curve[above] ?? curve.at(-1)!];
        const amount = amountFor(lift, curve);
        if (above < 0) expect(amount).toBe(curve.at(-1)!.amount);
        else {
          expect(amount).toBeGreaterThanOrEqual(Math.min(low.amount, high.amount) - 1e-9);
          expect(amount).toBeLessThanOrEqual(high.amount + 1e-9);
        }
      }),
    );
    expect(amountFor(1, [])).toBe(0);
    expect(amountFor(1.5, [point(0, 0), point(2, 1), point(6, 2)])).toBe(4);
    expect(amountFor(1, [point(0, 1), point(2, 1)])).toBe(0);
  });
});
