import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interListDiversity, ndcg, rankingMetrics } from './ranking-metrics.js';

const list = (...items: number[]): Int32Array => Int32Array.from(items);

describe('ranking metrics', () => {
  it('NDCG is 1 / log2(rank + 1) of the one relevant item, 0 where it is not listed', () => {
    expect(ndcg(list(5, 3, 8), 5)).toBe(1);
    expect(ndcg(list(5, 3, 8), 3)).toBeCloseTo(1 / Math.log2(3), 12);
    expect(ndcg(list(5, 3, 8), 8)).toBe(0.5);
    expect(ndcg(list(5, 3, 8), 9)).toBe(0);
    expect(ndcg(list(), 9)).toBe(0);
  });

  it('NDCG at 3 is sklearn.metrics.ndcg_score, k = 3, of one relevant item among five', () => {
    const values = [0, 1, 2, 3, 4].map((target) => ndcg(list(0, 1, 2), target));
    for (const [i, value] of [1, 0.6309297535714573, 0.5, 0, 0].entries()) expect(values[i]).toBeCloseTo(value, 12);
  });

  it('means over users, and the share of the catalogue that anyone is shown', () => {
    const metrics = rankingMetrics(
      [list(1, 2), list(2, 3), list(1, 2), list()],
      [{ target: 1 }, { target: 3 }, { target: 9 }, { target: 1 }],
      10,
    );
    expect(metrics).toEqual({ ndcg: (1 + 1 / Math.log2(3)) / 4, hitRate: 0.5, coverage: 0.3, users: 4 });
  });

  it('are 0 of no users', () => {
    expect(rankingMetrics([], [], 10)).toEqual({ ndcg: 0, hitRate: 0, coverage: 0, users: 0 });
  });
});

describe('inter-list diversity', () => {
  it('is 0 of equal lists, 1 of lists that share nothing', () => {
    expect(interListDiversity([list(1, 2), list(2, 1), list(1, 2)])).toBeCloseTo(0, 12);
    expect(interListDiversity([list(1, 2), list(3, 4), list(5)])).toBeCloseTo(1, 12);
    expect([interListDiversity([]), interListDiversity([list(1)]), interListDiversity([list(1), list()])]).toEqual([
      0, 0, 0,
    ]);
  });

  it('is what sklearn.metrics.pairwise.cosine_distances says of a made-up example', () => {
    // Mean of the upper triangle of cosine_distances over the 0/1 matrix of these lists.
    expect(interListDiversity([list(0, 1, 2), list(2, 3, 4), list(0, 4), list(5, 1, 2)])).toBeCloseTo(
      0.6416950142898233,
      12,
    );
  });

  it('is the mean over pairs', () => {
    const someLists = fc.array(fc.uniqueArray(fc.nat({ max: 9 }), { minLength: 1, maxLength: 5 }), {
      minLength: 2,
      maxLength: 8,
    });
    fc.assert(
      fc.property(someLists, (lists) => {
        const distances = lists.flatMap((a, i) =>
          lists
            .slice(i + 1)
            .map((b) => 1 - a.filter((item) => b.includes(item)).length / Math.sqrt(a.length * b.length)),
        );
        const mean = distances.reduce((sum, one) => sum + one, 0) / distances.length;
        expect(interListDiversity(lists.map((one) => list(...one)))).toBeCloseTo(mean, 9);
      }),
    );
  });
});
