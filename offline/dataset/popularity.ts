/** How popular an item is, as an attribute: derived from what GPTRec learns from, never from the test. */

const LEVELS = ['high', 'middle', 'low'] as const;

export interface PopularityLevel {
  readonly name: string;
  /** Item indexes, ascending. */
  readonly items: Int32Array;
}

/**
 * `popularity/high`: the most used items that together make a third of all uses; `middle` and `low` are the next two
 * thirds, so that without steering each is as likely as the others to be what comes next. An item belongs where the
 * middle of its uses lies.
 * @param uses by item index, never increasing
 */
export function popularityLevels(uses: Int32Array): PopularityLevel[] {
  const total = uses.reduce((sum, count) => sum + count, 0);
  const ends: number[] = [];
  let before = 0;
  for (const [index, count] of uses.entries()) {
    const third = Math.min(2, Math.floor((3 * (before + count / 2)) / total));
    while (ends.length < third) ends.push(index);
    before += count;
  }
  const bounds = [0, ...ends, ...Array.from({ length: 3 - ends.length }, () => uses.length)];
  return LEVELS.map((level, i) => {
    const [from, to] = [bounds[i] ?? 0, bounds[i + 1] ?? uses.length];
    return { name: `popularity/${level}`, items: Int32Array.from({ length: to - from }, (_, n) => from + n) };
  }).filter(({ items }) => items.length > 0);
}
