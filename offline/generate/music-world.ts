/** The catalogue of the synthetic music: artists and tracks. A function of the parameters. */
import { titleOf } from '../import/synthetic-world.js';
import { createRandom, type Random } from '../random.js';
import { GENRES, LANGUAGES, MOODS, type MusicParameters } from './music-parameters.js';

export interface Track {
  readonly id: string;
  /** `Artist: Title`. */
  readonly name: string;
  /** Indexes. */
  readonly artist: number;
  readonly genre: number;
  readonly language: number;
  /** One or two. */
  readonly moods: readonly number[];
  readonly year: number;
}

export interface MusicWorld {
  readonly parameters: MusicParameters;
  readonly tracks: readonly Track[];
  /** Up to a constant, by track. */
  readonly popularity: Float64Array;
}

/** The share of an artist's tracks in the artist's own genre. */
const OWN_GENRE = 0.85;
/** Years of the oldest and the newest artists' beginnings; an artist's tracks lie in the years after it. */
const [FIRST_YEAR, LAST_YEAR, CAREER] = [1965, 2015, 10];

export function createMusicWorld(parameters: MusicParameters): MusicWorld {
  const random = createRandom(parameters.seed, 0);
  // Which moods a genre is made of: some it has much of, and hardly any not at all.
  const moodsOf = GENRES.map(() => Float64Array.from(MOODS, () => Math.exp(random.normal())));
  const artists = Array.from({ length: parameters.artists }, (_, artist) => ({
    name: artistName(artist),
    genre: artist < GENRES.length ? artist : random.below(GENRES.length),
    language: random.choice(LANGUAGES.map(([, weight]) => weight)),
    began: FIRST_YEAR + random.below(LAST_YEAR - FIRST_YEAR + 1),
  }));
  const sizes = Float64Array.from(artists, (_, artist) => 1 / Math.sqrt(artist + 1));
  random.shuffle(sizes);
  const tracks = Array.from({ length: parameters.tracks }, (_, track): Track => {
    const index = random.choice(sizes);
    const {
      name,
      genre: own,
      language,
      began,
    } = artists[index] ?? { name: '', genre: 0, language: 0, began: FIRST_YEAR };
    const genre = random.random() < OWN_GENRE ? own : random.below(GENRES.length);
    return {
      id: `t${String(track + 1).padStart(5, '0')}`,
      name: `${name}: ${titleOf(track)}`,
      ...{ artist: index, genre, language },
      moods: drawMoods(moodsOf[genre] ?? new Float64Array(), parameters.twoMoods, random),
      year: began + random.below(CAREER + 1),
    };
  });
  const ranks = random.shuffle(Uint32Array.from({ length: parameters.tracks }, (_, index) => index + 1));
  return { parameters, tracks, popularity: Float64Array.from(ranks, (rank) => rank ** -parameters.zipf) };
}

function drawMoods(weights: Float64Array, twoMoods: number, random: Random): number[] {
  const first = random.choice(weights);
  if (random.random() >= twoMoods) return [first];
  return [first, random.choice(weights.with(first, 0))];
}

const FIRST = 'Ada Bruno Chidi Dana Emil Farah Goran Hana Imre Joana Kofi Lena'.split(' ');
const LAST = 'Moreno Okafor Silva Tanaka Weber Lindgren Novak Park Costa Dubois'.split(' ');

/** None twice. */
function artistName(artist: number): string {
  const round = Math.floor(artist / (FIRST.length * LAST.length));
  const name = `${FIRST[artist % FIRST.length] ?? ''} ${LAST[Math.floor(artist / FIRST.length) % LAST.length] ?? ''}`;
  return round > 0 ? `${name} ${'I'.repeat(round + 1)}` : name;
}
