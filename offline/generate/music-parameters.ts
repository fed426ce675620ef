/** The parameters of the synthetic music; docs/music.md explains the model. */
import { z } from 'zod';

const count = z.int().positive();
const share = z.number().min(0).max(1);
const amount = z.number().min(0).max(1000);

export const MusicParametersSchema = z.strictObject({
  seed: z.int().describe('another seed is other music and other listeners'),
  tracks: count.max(1_000_000).describe('tracks of the catalogue'),
  artists: count.max(100_000).describe('artists, each with a genre and a language'),
  listeners: count.max(10_000_000).describe('listeners'),
  meanPlays: count.describe('mean plays of a listener'),
  leastPlays: count.describe('least plays of a listener'),
  zipf: amount.describe('popularity is proportional to rank^-zipf'),
  taste: amount.describe('standard deviation of the taste for a genre, in logits'),
  ownLanguage: amount.describe('how much a listener prefers the own language, in logits'),
  moodLiking: amount.describe('standard deviation of how often a listener is in a mood, in logits'),
  moodStays: share.describe('probability that the mood of a session stays from one play to the next'),
  moodFits: amount.describe('how much a track of the mood is preferred, in logits'),
  twoMoods: share.describe('share of the tracks with a second mood'),
  sameArtist: share.describe('probability of going on with the artist played last'),
  sessionPlays: count.describe('mean plays of a session'),
  days: amount.describe('days over which the listeners begin'),
  start: z.int().nonnegative().describe('the beginning of day 0, ms since 1970'),
});
export type MusicParameters = z.infer<typeof MusicParametersSchema>;

export const DEFAULT_MUSIC: MusicParameters = {
  seed: 1,
  tracks: 1000,
  artists: 100,
  listeners: 6000,
  meanPlays: 60,
  leastPlays: 10,
  zipf: 0.5,
  taste: 1,
  ownLanguage: 1.5,
  moodLiking: 0.7,
  moodStays: 0.9,
  moodFits: 3,
  twoMoods: 0.25,
  sameArtist: 0.15,
  sessionPlays: 10,
  days: 300,
  start: Date.UTC(2025, 0, 1),
};

export const GENRES = ['Pop', 'Rock', 'Hip-Hop', 'Electronic', 'Jazz', 'Classical', 'Metal', 'Folk'] as const;
export const MOODS = ['calm', 'happy', 'sad', 'energetic', 'dark', 'romantic'] as const;
/** Of the artists and of the listeners. */
export const LANGUAGES = [
  ['en', 0.45],
  ['es', 0.2],
  ['ja', 0.1],
  ['pt', 0.1],
  ['de', 0.08],
  ['ko', 0.07],
] as const;
