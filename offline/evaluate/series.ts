/**
 * Series, told from titles alone: what is left of a title without its year, its number and what follows a colon.
 *   Halloween (1978), Halloween II (1981), Halloween 5: The Revenge of Michael Myers (1989)  ->  Halloween
 */

/** Fewer items than this are a pair of titles, not a series. */
const LEAST_ITEMS = 3;
/**
 * And so many of them must say that they are parts, since remakes share a title too, and one must be numbered or be the
 * plain title: what stands before a colon alone may as well be an artist's name.
 */
const LEAST_PARTS = 2;

const NUMBER = '(?:[2-9]|[1-9][0-9]|II|III|IV|V|VI|VII|VIII|IX|X)';
const AFTER = String.raw`(?:-D)?(?:\s*[:,-].*|\s-\s.*)?$`;
const PART = new RegExp(String.raw`^(.+?)[,:]?\s+(?:Part|Episode|Chapter)\s+(?:I|1|${NUMBER})\b.*$`, 'i');
const NUMBERED = new RegExp(String.raw`^(.+?),?\s+${NUMBER}${AFTER}`);
const SUBTITLED = /^(.+?)(?::\s|\s-\s).+$/;
const ARTICLE = /,\s*(The|A|An|Le|La|Les|L'|Il|El|Das|Der|Die)$/i;

interface Told {
  readonly base: string;
  /** The title says that it is a part of something. */
  readonly isPart: boolean;
  /** By no more than a colon or a dash. */
  readonly isSubtitled: boolean;
}

function baseOf(title: string): Told {
  const plain = title
    .replaceAll(/\s*\([^)]*\)/g, '')
    .trim()
    .replace(ARTICLE, '');
  const counted = PART.exec(plain)?.[1] ?? NUMBERED.exec(plain)?.[1];
  const subtitled = counted === undefined ? SUBTITLED.exec(plain)?.[1] : undefined;
  const found = counted ?? subtitled;
  return {
    base: (found ?? plain).replace(/[\s,:-]+$/, '').replace(ARTICLE, ''),
    isPart: found !== undefined,
    isSubtitled: subtitled !== undefined,
  };
}

export interface Series {
  readonly name: string;
  /** Indexes of its titles, ascending. */
  readonly items: Int32Array;
}

/** At least three titles of one base, two of which say that they are parts, and one by more than what follows a colon. */
export function seriesOfTitles(titles: readonly string[]): Series[] {
  const groups = new Map<string, { name: string; items: number[]; parts: number; subtitled: number }>();
  for (const [item, title] of titles.entries()) {
    const { base, isPart, isSubtitled } = baseOf(title);
    const key = base.toLowerCase();
    const group = groups.get(key) ?? { name: base, items: [], parts: 0, subtitled: 0 };
    group.items.push(item);
    if (isPart) group.parts++;
    if (isSubtitled) group.subtitled++;
    groups.set(key, group);
  }
  return [...groups.values()]
    .filter(
      ({ name, items, parts, subtitled }) =>
        name !== '' && items.length >= LEAST_ITEMS && parts >= LEAST_PARTS && subtitled < items.length,
    )
    .map(({ name, items }) => ({ name, items: Int32Array.from(items) }));
}
