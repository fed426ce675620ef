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

/**
 * Inter-list diversity: mean over all pairs of users of 1 - cosine similarity, a list being the 0/1 vector of its items.
 * With u = vector / its length, the sum of all u_i . u_j over pairs is (|sum u|^2 - n) / 2: exact, without pairs.
 * Empty lists do not count; 0 for fewer than two lists.
 */
export function interListDiversity(lists: readonly Int32Array[]): number {
  const sums = new Map<number, number>();
  let n = 0;
  for (const list of lists) {
    if (list.length === 0) continue;
    n++;
    for (const item of list) sums.set(item, (sums.get(item) ?? 0) + 1 / Math.sqrt(list.length));
  }
  if (n < 2) return 0;
  let square = 0;
  for (const sum of sums.values()) square += sum * sum;
  return 1 - (square - n) / (n * (n - 1));
}
