/** Ranking metrics at k for lists with one relevant item each. */
import type { RankingMetrics } from '../../src/checkpoint/manifest.js';

/** NDCG of one list: 1 / log2(rank + 1) when the target is listed at `rank` (1-based), else 0. */
export function ndcg(list: Int32Array, target: number): number {
  const index = list.indexOf(target);
  return index < 0 ? 0 : 1 / Math.log2(index + 2);
}

/** Coverage is the share of the catalogue that is listed to anyone. */
export function rankingMetrics(
  lists: readonly Int32Array[],
  cases: readonly { readonly target: number }[],
  catalogueSize: number,
): RankingMetrics {
  let gain = 0;
  let hits = 0;
  const listed = new Set<number>();
  for (const [i, { target }] of cases.entries()) {
    const list = lists[i] ?? new Int32Array();
    for (const item of list) listed.add(item);
    gain += ndcg(list, target);
    hits += list.includes(target) ? 1 : 0;
  }
  const users = cases.length;
  const n = Math.max(1, users);
  return { ndcg: gain / n, hitRate: hits / n, coverage: listed.size / Math.max(1, catalogueSize), users };
}
