import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstLimit, type LimitBounds, nextLimit } from './batch-limit.js';

const bounds = fc.record({ records: fc.integer({ min: 1, max: 10_000 }), ms: fc.integer({ min: 1, max: 60_000 }) });
/** A batch costs so much, and so much more for each of its records, ms. */
const costs = fc.record({ fixed: fc.nat(500), each: fc.nat(5000).map((n) => n / 100) });
type Cost = { readonly fixed: number; readonly each: number };

const after = (limit: number, { fixed, each }: Cost, bound: LimitBounds): number =>
  nextLimit(limit, { records: limit, ms: fixed + each * limit }, bound);

/** Limits of full batches, one after the other. */
function limits(cost: Cost, bound: LimitBounds, count: number, from = firstLimit(bound)): number[] {
  const seen = [from];
  while (seen.length < count) seen.push(after(seen.at(-1)!, cost, bound));
  return seen;
}

describe('the limit of a batch', () => {
  it('is a whole number within its bounds, whatever was measured', () => {
    const loads = fc.array(fc.record({ percent: fc.nat(100), ms: fc.nat(120_000) }));
    fc.assert(
      fc.property(bounds, loads, (bound, batches) => {
        let limit = firstLimit(bound);
        for (const { percent, ms } of batches) {
          limit = nextLimit(limit, { records: Math.ceil((limit * percent) / 100), ms }, bound);
          expect(Number.isInteger(limit)).toBe(true);
          expect(limit).toBeGreaterThanOrEqual(1);
          expect(limit).toBeLessThanOrEqual(bound.records);
        }
      }),
    );
  });

  it('settles where full batches just fit, to one record', () => {
    const bound = fc.record({ records: fc.integer({ min: 1, max: 2000 }), ms: fc.integer({ min: 1, max: 1000 }) });
    fc.assert(
      fc.property(bound, costs, fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 2000 })), (bound, cost, start) => {
        // In whole hundredths: 29 / .29 is less than 100.
        const each = Math.round(cost.each * 100);
        const fits = each === 0 ? Infinity : Math.floor(((bound.ms - cost.fixed) * 100) / each);
        const best = cost.fixed > bound.ms ? 1 : Math.min(bound.records, Math.max(1, fits));
        const settled = limits(cost, bound, 4100, Math.min(start, bound.records)).slice(-20);
        for (const limit of settled) expect(Math.abs(limit - best)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('gets there fast', () => {
    const bound = { records: 500, ms: 100 };
    expect(limits({ fixed: 0, each: 0.1 }, bound, 5)).toEqual([64, 128, 256, 500, 500]);
    // 20 ms a record: 5 fit.
    expect(limits({ fixed: 0, each: 20 }, bound, 6)).toEqual([64, 32, 16, 8, 5, 6]);
  });

  it('is not held down by a cost that every batch has', () => {
    const bound = { records: 500, ms: 100 };
    expect(limits({ fixed: 60, each: 0.1 }, bound, 40, 1).at(-1)).toBe(400);
  });

  it('does not grow for batches that are not full, nor for a quiet stream', () => {
    const bound = { records: 500, ms: 100 };
    expect(nextLimit(64, { records: 63, ms: 1 }, bound)).toBe(64);
    expect(nextLimit(64, { records: 0, ms: 1000 }, bound)).toBe(64);
  });

  it('is not decided by one hiccup', () => {
    const bound = { records: 500, ms: 100 };
    expect(nextLimit(500, { records: 500, ms: 60_000 }, bound)).toBe(250);
    expect(nextLimit(500, { records: 2, ms: 60_000 }, bound)).toBe(250);
  });
});
