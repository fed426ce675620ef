import type { Tensor2D } from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { expectClose, tensorsLeft } from '../../test/builders/tensors.js';
import type { ActivationSet } from '../sae/activation-set.js';
import { featureStatistics, pearson as pointBiserial, rocAuc, topFeatures } from './interpretability.js';

const identity = (x: Tensor2D): Tensor2D => x;
const ITEMS = 5;

/** The direct formula. */
function pearson(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const covariance = mean(x.map((value, i) => (value - mx) * (y[i]! - my)));
  const scale = Math.sqrt(mean(x.map((value) => (value - mx) ** 2)) * mean(y.map((value) => (value - my) ** 2)));
  return scale > 1e-9 ? covariance / scale : 0;
}

const points = fc.array(
  fc.record({
    item: fc.nat({ max: ITEMS - 1 }),
    values: fc.tuple(fc.integer({ min: -4, max: 9 }), fc.integer({ min: 0, max: 3 }), fc.constant(0)),
  }),
  { minLength: 2, maxLength: 60 },
);
const setOf = (rows: { item: number; values: number[] }[]): ActivationSet => ({
  values: Float32Array.from(rows.flatMap(({ values }) => values)),
  items: Int32Array.from(rows, ({ item }) => item),
  width: 3,
});
const attributes = fc.array(
  fc.uniqueArray(fc.nat({ max: ITEMS - 1 })).map((items) => Int32Array.from(items)),
  {
    minLength: 1,
    maxLength: 3,
  },
);

describe('features against attributes', () => {
  beforeAll(() => openRuntime('wasm'));

  it('correlation, sensitivity, popularity, L0 and dead features are those of their formulas', () => {
    fc.assert(
      fc.property(points, attributes, (rows, bearers) => {
        const statistics = featureStatistics(setOf(rows), bearers, identity);
        expect(statistics.features).toBe(3);
        const active = rows.map(({ values }) => values.filter((value) => value > 0).length);
        expect(statistics.l0).toBeCloseTo(active.reduce((sum, count) => sum + count, 0) / rows.length, 6);
        const isDead = (j: number): boolean => rows.every(({ values }) => values[j]! <= 0);
        expect(statistics.dead).toBe([0, 1, 2].filter(isDead).length);
        for (const [a, items] of bearers.entries()) {
          const labels = rows.map(({ item }) => (items.includes(item) ? 1 : 0));
          const borne = rows.filter(({ item }) => items.includes(item));
          expect(statistics.popularity[a]).toBeCloseTo(borne.length / rows.length, 6);
          for (const j of [0, 1, 2]) {
            const column = rows.map(({ values }) => values[j]!);
            expect(statistics.correlation[a * 3 + j]).toBeCloseTo(pearson(column, labels), 4);
            const on = borne.filter(({ values }) => values[j]! > 0).length;
            expect(statistics.sensitivity[a * 3 + j]).toBeCloseTo(borne.length > 0 ? on / borne.length : 0, 5);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('adds up points over many chunks', () => {
    const rows = Array.from({ length: 5000 }, (_, n) => ({ item: n % 5, values: [n % 7, n % 5 === 0 ? 2 : 0, 1] }));
    const { correlation, l0 } = featureStatistics(setOf(rows), [Int32Array.of(0)], identity);
    const labels = rows.map(({ item }) => (item === 0 ? 1 : 0));
    expectClose(
      correlation,
      [
        pearson(
          rows.map(({ values }) => values[0]!),
          labels,
        ),
        1,
        0,
      ],
      1e-3,
    );
    expect(l0).toBeCloseTo(6 / 7 + 0.2 + 1, 3);
  });

  it('takes the feature with the greatest correlation, the first one too', () => {
    const rows = Array.from({ length: 20 }, (_, n) => ({ item: n % 2, values: [n % 2, 1 - (n % 2), 5] }));
    const top = topFeatures(featureStatistics(setOf(rows), [Int32Array.of(1), Int32Array.of(0)], identity));
    expect(top.map(({ feature }) => feature)).toEqual([0, 1]);
    for (const { correlation, sensitivity, popularity } of top)
      expectClose([correlation, sensitivity, popularity], [1, 1, 0.5], 1e-5);
  });

  it('works without any attribute, and refuses no points', () => {
    const rows = [{ item: 0, values: [1, 0, 0] }];
    const statistics = featureStatistics(setOf(rows), [], identity);
    expect([statistics.l0, statistics.dead, topFeatures(statistics)]).toEqual([1, 2, []]);
    expect(() => featureStatistics(setOf([]), [], identity)).toThrow('no points');
  });

  it('leaves no tensor behind', async () => {
    const set = setOf([{ item: 0, values: [1, 2, 3] }]);
    expect(await tensorsLeft(() => featureStatistics(set, [Int32Array.of(0)], identity))).toBe(0);
  });
});

describe('the area under the ROC curve', () => {
  it('is the share of pairs in the right order, ties by half', () => {
    const scored = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.boolean()), { maxLength: 40 });
    fc.assert(
      fc.property(scored, (all) => {
        const [bearers, others] = [true, false].map((is) => all.filter(([, label]) => label === is).map(([s]) => s));
        const pairs = bearers!.flatMap((one) => others!.map((other) => (one > other ? 1 : one === other ? 0.5 : 0)));
        const expected = pairs.length === 0 ? 0.5 : pairs.reduce<number>((sum, pair) => sum + pair, 0) / pairs.length;
        expect(
          rocAuc(
            all.map(([score]) => score),
            all.map(([, label]) => label),
          ),
        ).toBeCloseTo(expected, 9);
      }),
    );
  });
});

describe('beside published libraries', () => {
  const scores = [0, 0, 0.4, 0.4, 0.9, 1.5, 0, 2, 0.4, 0.7];
  const labels = [0, 1, 0, 1, 1, 1, 0, 1, 0, 0].map((label) => label === 1);

  it('AUC is sklearn.metrics.roc_auc_score, with ties', () => {
    expect(rocAuc(scores, labels)).toBeCloseTo(0.76, 12);
  });

  it('correlation is scipy.stats.pearsonr; 0 where something never varies', () => {
    expect(pointBiserial(scores, labels)).toBeCloseTo(0.5178422072294598, 12);
    expect(pointBiserial([2, 2], [true, false])).toBe(0);
    expect(pointBiserial([1, 2], [true, true])).toBe(0);
  });
});
