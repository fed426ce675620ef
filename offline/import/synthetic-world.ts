/** The items of the synthetic world: genres, popularity, series. A function of the parameters. */
import type { CatalogueItem } from '../../src/events/events.js';
import { createRandom, type Random } from '../random.js';
import { GENRES, type SyntheticParameters } from './synthetic-parameters.js';

export interface WorldItem {
  readonly itemId: string;
  readonly title: string;
  /** One or two genre indexes. */
  readonly genres: readonly number[];
  /** Index of the next part of its series; null: none, or the last. */
  readonly nextPart: number | null;
}

export interface World {
  readonly parameters: SyntheticParameters;
  readonly items: readonly WorldItem[];
  /** By item: what the generator multiplies for every choice. Popularity is up to a constant. */
  readonly popularity: Float64Array;
  /** By item: its genres, as columns; the same one twice where it has one. */
  readonly firstGenre: Int32Array;
  readonly lastGenre: Int32Array;
}

export function createWorld(parameters: SyntheticParameters): World {
  const random = createRandom(parameters.seed, 0);
  const ranks = random.shuffle(Uint32Array.from({ length: parameters.items }, (_, index) => index + 1));
  const items: WorldItem[] = [];
  while (items.length < parameters.items) {
    const left = parameters.items - items.length;
    // Series have 4 parts on average: this many draws of a series make the share of items that are in one.
    const begins = parameters.inSeries / (parameters.inSeries + 4 * (1 - parameters.inSeries));
    const parts = random.random() < begins ? Math.min(left, 3 + random.below(3)) : 1;
    const title = titleOf(items.length);
    const genres = drawGenres(parameters, random);
    for (let part = 1; part <= parts; part++) {
      const index = items.length;
      items.push({
        itemId: `i${String(index + 1).padStart(4, '0')}`,
        title: part === 1 ? title : `${title} ${part}`,
        genres,
        nextPart: part < parts ? index + 1 : null,
      });
    }
  }
  return {
    parameters,
    items,
    popularity: Float64Array.from(ranks, (rank) => rank ** -parameters.zipf),
    firstGenre: Int32Array.from(items, (item) => item.genres[0] ?? 0),
    lastGenre: Int32Array.from(items, (item) => item.genres.at(-1) ?? 0),
  };
}

export function catalogueOf(world: World): CatalogueItem[] {
  return world.items.map(({ itemId, title, genres }) => ({
    itemId,
    title,
    attributes: genres.map((genre) => `genre/${GENRES[genre] ?? genre}`),
    markets: null,
    minimumAge: null,
    addedAt: null,
  }));
}

/** Common genres are three times as frequent as rare ones. */
function drawGenres(parameters: SyntheticParameters, random: Random): number[] {
  const weights = Float64Array.from({ length: parameters.genres }, (_, g) => 3 - (2 * g) / (parameters.genres - 1));
  const first = random.choice(weights);
  if (random.random() >= parameters.twoGenres) return [first];
  weights[first] = 0;
  return [first, random.choice(weights)];
}

const QUALITIES = 'Silent Golden Broken Hidden Distant Burning Frozen Electric Crooked Gentle Lost Scarlet'.split(' ');
const THINGS = 'Harbor Garden Signal Winter Letter Machine River Mirror Orchard Station Lantern Island'.split(' ');
const PLACES = 'Marseille Kyoto Lagos Quito Oslo Havana Cairo Perth Riga Seoul Lima Tunis'.split(' ');

/** A title for every number, none twice: the words are its digits. */
export function titleOf(number: number): string {
  const quality = QUALITIES[number % QUALITIES.length] ?? '';
  const thing = THINGS[Math.floor(number / QUALITIES.length) % THINGS.length] ?? '';
  const beyond = Math.floor(number / (QUALITIES.length * THINGS.length));
  const place = beyond > 0 ? ` of ${PLACES[(beyond - 1) % PLACES.length] ?? ''}` : '';
  const round = Math.floor((beyond - 1) / PLACES.length);
  return `${quality} ${thing}${place}${round > 0 ? ` (${round + 1})` : ''}`;
}
