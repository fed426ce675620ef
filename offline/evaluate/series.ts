/**
 * Series, told from titles alone: what is left of a title without its year, its number and what follows a colon.
 *   Halloween (1978), Halloween II (1981), Halloween 5: The Revenge of Michael Myers (1989)  ->  Halloween
 */

/** Fewer items than this are a pair of titles, not a series. */
const LEAST_ITEMS = 3;
/** And so many of them must say that they are parts: remakes share a title too. */
const LEAST_PARTS = 2;

const NUMBER = '(?:[2-9]|[1-9][0-9]|II|III|IV|V|VI|VII|VIII|IX|X)';
const AFTER = String.raw`(?:-D)?(?:\s*[:,-].*|\s-\s.*)?$`;
const PART = new RegExp(String.raw`^(.+?)[,:]?\s+(?:Part|Episode|Chapter)\s+(?:I|1|${NUMBER})\b.*$`, 'i');
const NUMBERED = new RegExp(String.raw`^(.+?),?\s+${NUMBER}${AFTER}`);
const SUBTITLED = /^(.+?)(?::\s|\s-\s).+$/;
const ARTICLE = /,\s*(The|A|An|Le|La|Les|L'|Il|El|Das|Der|Die)$/i;

/** The base of a title, and whether the title says that it is a part of something. */
function baseOf(title: string): { readonly base: string; readonly isPart: boolean } {
  const plain = title
    .replaceAll(/\s*\([^)]*\)/g, '')
    .trim()
    .replace(ARTICLE, '');
  const found = PART.exec(plain)?.[1] ?? NUMBERED.exec(plain)?.[1] ?? SUBTITLED.exec(plain)?.[1];
  return { base: (found ?? plain).replace(/[\s,:-]+$/, '').replace(ARTICLE, ''), isPart: found !== undefined };
}

export interface Series {
  readonly name: string;
  /** Indexes of its titles, ascending. */
  readonly items: Int32Array;
}

/** At least three titles of one base, two of which say that they are parts. */
export function seriesOfTitles(titles: readonly string[]): Series[] {
  const groups = new Map<string, { name: string; items: number[]; parts: number }>();
  for (const [item, title] of titles.entries()) {
    const { base, isPart } = baseOf(title);
    const key = base.toLowerCase();
    const group = groups.get(key) ?? { name: base, items: [], parts: 0 };
    group.items.push(item);
    if (isPart) group.parts++;
    groups.set(key, group);
  }
  return [...groups.values()]
    .filter(({ name, items, parts }) => name !== '' && items.length >= LEAST_ITEMS && parts >= LEAST_PARTS)
    .map(({ name, items }) => ({ name, items: Int32Array.from(items) }));
}
