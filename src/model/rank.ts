/** From the scores of all items to the best of them: score edits, exclusions, top k. */
import type { Edit } from './edit.js';
import { topK } from './top-k.js';

export interface RankingRules {
  readonly edits: readonly Edit[];
  /** By item index: 1 must not be listed. */
  readonly blocked: Uint8Array;
  /** Further items that must not be listed; one may come more than once. */
  readonly excluded: Int32Array | readonly number[];
  readonly k: number;
}

/** Best items first, and their scores; fewer than k where no more may be listed. `scores` [V] is changed by score edits. */
export function rankScores(
  scores: Float32Array,
  { edits, blocked, excluded, k }: RankingRules,
  attributeItems: readonly Int32Array[],
): { items: Int32Array; scores: Float32Array } {
  addScoreEdits(scores, edits, attributeItems);
  const isExcluded = new Set(excluded);
  const items = topK(scores, k, (item) => blocked[item] === 1 || isExcluded.has(item));
  return { items, scores: Float32Array.from(items, (item) => scores[item] ?? Number.NaN) };
}

function addScoreEdits(scores: Float32Array, edits: readonly Edit[], attributeItems: readonly Int32Array[]): void {
  for (const edit of edits) {
    if (edit.kind !== 'score') continue;
    for (const item of attributeItems[edit.attribute] ?? []) scores[item] = (scores[item] ?? 0) + edit.amount;
  }
}
