/**
 * Lists for those without history: the logarithm of training counts, which are the logits of popularity, and score edits on
 * them. The items are put in order once; a list walks along it until nothing that follows can be among its best.
 */
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { RankingRules } from '../model/rank.js';
import type { Ranking } from '../ports/engine.js';
import type { ItemIndex } from './item-index.js';

export type RankPopular = (rules: RankingRules) => Ranking;

export function createPopular(
  { vocabulary }: Pick<Checkpoint, 'vocabulary'>,
  { bears }: Pick<ItemIndex, 'bears'>,
): RankPopular {
  const popularity = new Float32Array(vocabulary.counts.length);
  for (let item = 0; item < popularity.length; item += 1) popularity[item] = Math.log1p(vocabulary.counts[item] ?? 0);
  const order = descending(popularity);
  return ({ edits, blocked, excluded, k }) => {
    const isExcluded = new Set(excluded);
    const terms = edits.filter((edit) => edit.kind === 'score');
    const best: Scored[] = [];
    let [last, most] = [Number.NaN, 0];
    for (const item of order) {
      const own = popularity[item] ?? 0;
      // No item from here on has more: each sum is rounded, and rounding keeps the order.
      if (own !== last) most = terms.reduce((sum, { amount }) => Math.max(sum, Math.fround(sum + amount)), own);
      last = own;
      const worst = best[k - 1];
      if (k <= best.length && (worst === undefined || terms.length === 0 || most < worst.score)) break;
      if (worst !== undefined && !isBefore({ item, score: most }, worst)) continue;
      if (blocked[item] === 1 || isExcluded.has(item)) continue;
      let score = own;
      for (const { attribute, amount } of terms) if (bears(item, attribute)) score = Math.fround(score + amount);
      insert(best, { item, score }, k);
    }
    return {
      items: Int32Array.from(best, ({ item }) => item),
      scores: Float32Array.from(best, ({ score }) => score),
    };
  };
}

interface Scored {
  readonly item: number;
  readonly score: number;
}

const isBefore = (a: Scored, b: Scored): boolean => a.score > b.score || (a.score === b.score && a.item < b.item);

/** Keeps the best k in order. */
function insert(best: Scored[], one: Scored, k: number): void {
  let [low, high] = [0, best.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(best[middle] ?? one, one)) low = middle + 1;
    else high = middle;
  }
  best.splice(low, 0, one);
  if (best.length > k) best.pop();
}

/** Items by falling value, ties by lower index. @param values from 0: as their bits are ordered, so are they */
function descending(values: Float32Array): Uint32Array {
  const bits = new Uint32Array(values.buffer);
  // Sorted as whole numbers of 64 bits, which is fast: the value above, the item below.
  const keys = new Uint32Array(2 * values.length);
  for (let item = 0; item < values.length; item += 1) {
    keys[2 * item] = item;
    // A zero may have a sign, which must not count.
    keys[2 * item + 1] = values[item] === 0 ? ~0 : ~(bits[item] ?? 0);
  }
  new BigUint64Array(keys.buffer).sort();
  const order = new Uint32Array(values.length);
  for (let rank = 0; rank < order.length; rank += 1) order[rank] = keys[2 * rank] ?? 0;
  return order;
}
