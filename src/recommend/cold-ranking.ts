/** Cold items among those that the model ranked: their scores are products with what the model ranked by, like all others. */
import type { CatalogueItem } from '../events/events.js';
import type { RankingRules } from '../model/rank.js';
import type { Pieces } from '../ops/pieces.js';
import type { Ranking } from '../ports/engine.js';
import type { Catalogue } from './catalogue.js';
import { type ColdBasis, type ColdCandidate, type ColdItem, coldCandidate, coldItems } from './cold-items.js';
import { type BlockedItems, createBlockedItems } from './eligibility.js';
import type { ItemIndex } from './item-index.js';

/** The cold items of one catalogue, by their place in it. */
export interface ColdView {
  readonly items: readonly ColdItem[];
  /** [C, d], theirs. */
  readonly embeddings: Float32Array;
  readonly blocked: BlockedItems;
  /** Undefined for an item that is not cold. */
  placeOf(itemId: string): number | undefined;
}

/** Items of a piece of work. */
const PIECE = 2 ** 14;

/** Those of the catalogue as it is whenever it is called: what has changed is looked at, and little else. */
export function* viewingCold(
  basis: ColdBasis,
  catalogue: Catalogue,
  index: ItemIndex,
  most: number,
): Pieces<() => ColdView> {
  const candidates = new Map<string, ColdCandidate>();
  /** Whether it is one, or was. */
  const look = (itemId: string, item: CatalogueItem | undefined): boolean => {
    if (most === 0 || index.itemIndex(itemId) !== undefined) return false;
    const candidate = item && coldCandidate(item, basis);
    if (candidate === undefined) return candidates.delete(itemId);
    candidates.set(itemId, candidate);
    return true;
  };
  let of = catalogue.offsets;
  let looked = 0;
  for (const item of catalogue.items()) {
    look(item.itemId, item);
    // What changes meanwhile is looked at again below.
    if (++looked % PIECE === 0) yield;
  }
  const follow = (): boolean => {
    const changed = catalogue.changedSince(of);
    if (changed) return changed.filter((itemId) => look(itemId, catalogue.item(itemId))).length > 0;
    candidates.clear();
    for (const item of catalogue.items()) look(item.itemId, item);
    return true;
  };
  const made = (): ColdView => {
    const items = coldItems(candidates.values(), basis, most);
    const ids = items.map(({ itemId }) => itemId);
    const places = new Map(ids.map((itemId, place) => [itemId, place]));
    const placeOf = (itemId: string): number | undefined => places.get(itemId);
    const embeddings = new Float32Array(items.length * basis.width);
    for (const [place, { embedding }] of items.entries()) embeddings.set(embedding, place * basis.width);
    return { items, embeddings, blocked: createBlockedItems(catalogue, ids, placeOf), placeOf };
  };
  let view = made();
  return () => {
    if (catalogue.offsets === of) return view;
    if (follow()) view = made();
    of = catalogue.offsets;
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
  cold: Pick<ColdView, 'items' | 'embeddings'>,
  rules: RankingRules,
  known: number,
): Ranking {
  const { items, scores, query } = ranking;
  if (query === undefined || cold.items.length === 0) return ranking;
  const added = scoreEdits(rules);
  const floor = items.length < rules.k ? Number.NEGATIVE_INFINITY : (scores.at(-1) ?? 0);
  const found: Scored[] = [];
  for (const [place, { attributes }] of cold.items.entries()) {
    let score = product(query, cold.embeddings, place);
    if (added.size > 0) for (const attribute of attributes) score += added.get(attribute) ?? 0;
    if (score <= floor || rules.blocked[place] === 1 || rules.excluded.includes(place)) continue;
    found.push({ item: known + place, score: Math.fround(score) });
  }
  if (found.length === 0) return ranking;
  const all = [...Array.from(items, (item, i): Scored => ({ item, score: scores[i] ?? 0 })), ...found];
  const best = all.sort((a, b) => b.score - a.score || a.item - b.item).slice(0, rules.k);
  return {
    items: Int32Array.from(best, ({ item }) => item),
    scores: Float32Array.from(best, ({ score }) => score),
    query,
  };
}

interface Scored {
  readonly item: number;
  readonly score: number;
}

/** What score edits add, by attribute. */
function scoreEdits({ edits }: RankingRules): ReadonlyMap<number, number> {
  const added = new Map<number, number>();
  for (const edit of edits)
    if (edit.kind === 'score') added.set(edit.attribute, (added.get(edit.attribute) ?? 0) + edit.amount);
  return added;
}

/** Of a query [d] with row `place` of embeddings [C, d]; four sums at a time, since each addition waits for the last. */
function product(query: Float32Array, embeddings: Float32Array, place: number): number {
  const d = query.length;
  const row = place * d;
  let [a, b, c, e] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < d; i += 4) {
    a += (query[i] as number) * (embeddings[row + i] as number);
    b += (query[i + 1] as number) * (embeddings[row + i + 1] as number);
    c += (query[i + 2] as number) * (embeddings[row + i + 2] as number);
    e += (query[i + 3] as number) * (embeddings[row + i + 3] as number);
  }
  for (; i < d; i += 1) a += (query[i] as number) * (embeddings[row + i] as number);
  return a + b + c + e;
}
