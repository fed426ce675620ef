/** One listener: a taste for genres, a language, and sessions whose mood persists. Each has a random generator of its own. */
import { createRandom } from '../random.js';
import { GENRES, LANGUAGES, MOODS } from './music-parameters.js';
import type { MusicWorld } from './music-world.js';

export interface Play {
  readonly listener: number;
  readonly track: number;
  /** ms */
  readonly time: number;
  /** Ground truth, which no recommender sees. */
  readonly mood: number;
}

/** What decides the next play. */
export interface Situation {
  /** Popularity times taste, by track; 0 for what was heard. */
  readonly liking: Float64Array;
  readonly mood: number;
  /** Of the track played last. */
  readonly artist: number | null;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/**
 * The life of one listener, in time order; ends when everything was heard: a track is played once.
 * @param watch called before each play with what it was drawn from
 */
export function* listenerPlays(
  world: MusicWorld,
  listener: number,
  watch?: (situation: Situation, track: number) => void,
): Generator<Play> {
  const { parameters, tracks, popularity } = world;
  const random = createRandom(parameters.seed, 1, listener);
  const taste = GENRES.map(() => parameters.taste * random.normal());
  const language = random.choice(LANGUAGES.map(([, weight]) => weight));
  const often = Float64Array.from(MOODS, () => Math.exp(parameters.moodLiking * random.normal()));
  const liking = Float64Array.from(tracks, (track, i) => {
    const own = track.language === language ? parameters.ownLanguage : 0;
    return (popularity[i] ?? 0) * Math.exp((taste[track.genre] ?? 0) + own);
  });
  let time = parameters.start + parameters.days * random.random() * DAY;
  const count = Math.round(
    parameters.leastPlays + random.exponential(Math.max(0, parameters.meanPlays - parameters.leastPlays)),
  );
  let mood = random.choice(often);
  let artist: number | null = null;
  for (let n = 0; n < Math.min(count, tracks.length); n++) {
    const situation = { liking, mood, artist };
    const track = random.choice(nextWeights(world, situation));
    watch?.(situation, track);
    yield { listener, track, time: Math.round(time / 1000) * 1000, mood };
    liking[track] = 0;
    artist = tracks[track]?.artist ?? null;
    const ends = random.random() < 1 / parameters.sessionPlays;
    if (ends || random.random() >= parameters.moodStays) mood = random.choice(often);
    time += ends ? random.exponential(DAY) : MINUTE * (2 + 3 * random.random());
  }
}

/** What the generator draws the next play from, and so the scores of an oracle; they sum to anything. */
export function nextWeights({ parameters, tracks }: MusicWorld, { liking, mood, artist }: Situation): Float64Array {
  const fits = Math.exp(parameters.moodFits);
  const weights = new Float64Array(tracks.length);
  let [sum, sumOfArtist] = [0, 0];
  for (const [i, track] of tracks.entries()) {
    const weight = (liking[i] ?? 0) * (track.moods.includes(mood) ? fits : 1);
    weights[i] = weight;
    sum += weight;
    if (track.artist === artist) sumOfArtist += weight;
  }
  if (artist === null || sumOfArtist === 0) return weights;
  // With this probability the artist goes on; the mood counts among the artist's tracks too.
  const more = (parameters.sameArtist * sum) / ((1 - parameters.sameArtist) * sumOfArtist);
  for (const [i, track] of tracks.entries()) if (track.artist === artist) weights[i] = (weights[i] ?? 0) * (1 + more);
  return weights;
}
