import { describe, expect, it } from 'vitest';
import { ndcg, rankingMetrics } from './ranking-metrics.js';

const list = (...items: number[]): Int32Array => Int32Array.from(items);

describe('ranking metrics', () => {
  it('NDCG is 1 / log2(rank + 1) of the one relevant item, 0 where it is not listed', () => {
    expect(ndcg(list(5, 3, 8), 5)).toBe(1);
    expect(ndcg(list(5, 3, 8), 3)).toBeCloseTo(1 / Math.log2(3), 12);
    expect(ndcg(list(5, 3, 8), 8)).toBe(0.5);
    expect(ndcg(list(5, 3, 8), 9)).toBe(0);
    expect(ndcg(list(), 9)).toBe(0);
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
