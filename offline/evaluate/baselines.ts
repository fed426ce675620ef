/** Baselines that GPTRec is held against: the most popular items, and item-to-item Markov chains. */
import { topK } from '../../src/model/top-k.js';
import type { UserSequences } from '../dataset/split.js';
import { userCount } from '../train/batches.js';
import type { TestCase } from './cases.js';

/** Interactions of each item, [V]. */
export function itemCounts(sequences: UserSequences, items: number): Float64Array {
  const counts = new Float64Array(items);
  for (const item of sequences.items) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}

/** The k most popular items that are not in the history. */
export function popularLists(counts: Float64Array, cases: readonly TestCase[], k: number): Int32Array[] {
  const scores = Float32Array.from(counts);
  return cases.map(({ history }) => unseen(scores, history, k));
}

/** What followed the history's last item most often in training; the most popular fill up. */
export function markovLists(
  sequences: UserSequences,
  counts: Float64Array,
  cases: readonly TestCase[],
  k: number,
): Int32Array[] {
  const next = transitions(sequences);
  const total = counts.reduce((sum, count) => sum + count, 1);
  // Less than one transition in all: popularity orders what no transition tells apart.
  const fill = Float32Array.from(counts, (count) => count / total);
  return cases.map(({ history }) => {
    const scores = fill.slice();
    for (const [item, count] of next.get(history.at(-1) ?? -1) ?? []) scores[item] = (scores[item] ?? 0) + count;
    return unseen(scores, history, k);
  });
}

function transitions(sequences: UserSequences): Map<number, Map<number, number>> {
  const next = new Map<number, Map<number, number>>();
  for (let user = 0; user < userCount(sequences); user++) {
    for (let i = sequences.offsets[user] ?? 0; i + 1 < (sequences.offsets[user + 1] ?? 0); i++) {
      const from = sequences.items[i] ?? 0;
      const to = sequences.items[i + 1] ?? 0;
      const row = next.get(from) ?? new Map<number, number>();
      next.set(from, row.set(to, (row.get(to) ?? 0) + 1));
    }
  }
  return next;
}

function unseen(scores: Float32Array, history: Int32Array, k: number): Int32Array {
  const seen = new Set(history);
  return topK(scores, k, (item) => seen.has(item));
}
