/** Cold items among those that the model ranked: their scores are products with what the model ranked by, like all others. */
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { RankingRules } from '../model/rank.js';
import type { Ranking } from '../ports/engine.js';
import type { Catalogue } from './catalogue.js';
import { type ColdItem, coldBasis, coldItems } from './cold-items.js';
import { type BlockedItems, createBlockedItems } from './eligibility.js';
import type { ItemIndex } from './item-index.js';

/** The cold items of one catalogue, by their place in it. */
export interface ColdView {
  readonly items: readonly ColdItem[];
  readonly blocked: BlockedItems;
  /** Undefined for an item that is not cold. */
  placeOf(itemId: string): number | undefined;
}

/** Those of the catalogue as it is whenever it is called: made anew once that has changed. */
export function createColdView(
  checkpoint: Checkpoint,
  catalogue: Catalogue,
  index: ItemIndex,
  most: number,
): () => ColdView {
  const basis = coldBasis(checkpoint);
  const made = (): ColdView => {
    const isKnown = (itemId: string): boolean => index.itemIndex(itemId) !== undefined;
    const items = most === 0 ? [] : coldItems(catalogue.items(), isKnown, basis, most);
    const ids = items.map(({ itemId }) => itemId);
    const places = new Map(ids.map((itemId, place) => [itemId, place]));
    return { items, blocked: createBlockedItems(catalogue, ids), placeOf: (itemId) => places.get(itemId) };
  };
  let of = catalogue.offsets;
  let view = made();
  return () => {
    if (catalogue.offsets !== of) [of, view] = [catalogue.offsets, made()];
    return view;
  };
}

/**
 * The best k of what the model ranked and of the cold items; ties to the known.
 * @param rules their masks are by the cold items' places
 * @param known items of the model: the cold item of place p is number `known + p` in the ranking
 */
export function withColdItems(
  ranking: Ranking,
  cold: readonly ColdItem[],
  rules: RankingRules,
  known: number,
): Ranking {
  const { items, scores, query } = ranking;
  if (query === undefined || cold.length === 0) return ranking;
  const floor = items.length < rules.k ? Number.NEGATIVE_INFINITY : (scores.at(-1) ?? 0);
  const found = coldScores(query, cold, rules)
    .map((score, place) => ({ item: known + place, score }))
    .filter(({ score }) => score > floor);
  if (found.length === 0) return ranking;
  const all = [...Array.from(items, (item, i) => ({ item, score: scores[i] ?? 0 })), ...found];
  const best = all.sort((a, b) => b.score - a.score || a.item - b.item).slice(0, rules.k);
  return {
    items: Int32Array.from(best, ({ item }) => item),
    scores: Float32Array.from(best, ({ score }) => score),
    query,
  };
}

/** By place; NaN for what must not be listed. */
function coldScores(query: Float32Array, cold: readonly ColdItem[], rules: RankingRules): number[] {
  const amounts = new Map<number, number>();
  for (const edit of rules.edits) {
    if (edit.kind === 'score') amounts.set(edit.attribute, (amounts.get(edit.attribute) ?? 0) + edit.amount);
  }
  return cold.map(({ embedding, attributes }, place) => {
    if (rules.blocked[place] === 1 || rules.excluded.has(place)) return Number.NaN;
    let score = 0;
    for (let d = 0; d < embedding.length; d += 1) score += (embedding[d] ?? 0) * (query[d] ?? 0);
    if (amounts.size > 0) for (const attribute of attributes) score += amounts.get(attribute) ?? 0;
    return Math.fround(score);
  });
}
