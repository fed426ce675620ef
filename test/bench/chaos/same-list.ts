/** Whether a list is the one that it should be. */
import { isDeepStrictEqual } from 'node:util';
import type { RankedItem, RecommendationList } from '../../../src/events/events.js';

/** Batches of other shapes add up in another order. */
const TOLERANCE = 1e-4;

/** Undefined where they agree; else the first difference. Only the time of making is free. */
export function difference(actual: RecommendationList, expected: RecommendationList): string | undefined {
  const { items, ...rest } = actual;
  const { items: expectedItems, ...expectedRest } = expected;
  for (const [name, value] of Object.entries(expectedRest)) {
    const given = (rest as Record<string, unknown>)[name];
    if (name === 'producedAt' || isDeepStrictEqual(plain(given), plain(value))) continue;
    return `${name} is ${JSON.stringify(given)}, not ${JSON.stringify(value)}`;
  }
  return sameRanking(items, expectedItems) ? undefined : `items are ${shown(items)}, not ${shown(expectedItems)}`;
}

/** The same items with the same scores; items whose scores are as good as equal may change places. */
function sameRanking(actual: readonly RankedItem[], expected: readonly RankedItem[]): boolean {
  if (actual.length !== expected.length) return false;
  const scores = new Map(expected.map(({ itemId, score }) => [itemId, score]));
  return actual.every(({ itemId, score }, rank) => {
    const here = expected[rank]!.score;
    if (Math.abs(score - here) > TOLERANCE) return false;
    const own = scores.get(itemId);
    // Of two equals at the end of the list either may be the last.
    return own === undefined ? rank === actual.length - 1 : Math.abs(own - here) <= TOLERANCE;
  });
}

/** avsc makes instances of its own classes. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
}

const shown = (items: readonly RankedItem[]): string =>
  items.map(({ itemId, score }) => `${itemId}:${score.toFixed(4)}`).join(' ');
