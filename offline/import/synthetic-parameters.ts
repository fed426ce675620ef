/** The parameters of the synthetic world; docs/synthetic.md explains the model. */
import { z } from 'zod';

const count = z.int().positive();
const share = z.number().min(0).max(1);
const amount = z.number().min(0).max(1000);

export const SyntheticParametersSchema = z.strictObject({
  seed: z.int().describe('another seed is another world'),
  items: count.max(1_000_000).describe('items of the catalogue'),
  genres: count.min(2).max(12).describe('genres, the first this many of twelve names'),
  twoGenres: share.describe('share of the items with a second genre'),
  zipf: amount.describe('popularity is proportional to rank^-zipf'),
  inSeries: share.describe('share of the items that are parts of a series of 3 to 5'),
  users: count.max(10_000_000).describe('users'),
  freshUsers: share.describe('share of the users that begin after all the others'),
  meanEvents: count.describe('mean interactions of a user, before the catalogue is exhausted'),
  leastEvents: count.describe('least interactions of a user'),
  taste: amount.describe('standard deviation of a lasting taste, per genre, in logits'),
  moodPull: share.describe('part of the way from mood to taste that is gone at every interaction'),
  moodNoise: amount.describe('standard deviation of what moves a mood at every interaction, in logits'),
  seriesFollow: share.describe('probability of taking the next part of the series begun last'),
  sessionEvents: count.describe('mean interactions of a session'),
  minutesBetween: amount.describe('mean minutes between two interactions of a session'),
  daysBetween: amount.describe('mean days between two sessions'),
  days: amount.describe('days over which the users begin that are not fresh'),
  freshDays: amount.describe('days over which the fresh users begin after that'),
  start: z.int().nonnegative().describe('the beginning of day 0, ms since 1970'),
});
export type SyntheticParameters = z.infer<typeof SyntheticParametersSchema>;

export const DEFAULT_SYNTHETIC: SyntheticParameters = {
  seed: 1,
  items: 400,
  genres: 8,
  twoGenres: 0.4,
  zipf: 0.6,
  inSeries: 0.25,
  users: 1500,
  freshUsers: 0.1,
  meanEvents: 40,
  leastEvents: 8,
  taste: 1.5,
  moodPull: 0.05,
  moodNoise: 0.4,
  seriesFollow: 0.5,
  sessionEvents: 6,
  minutesBetween: 30,
  daysBetween: 2,
  days: 120,
  freshDays: 20,
  start: Date.UTC(2025, 0, 1),
};

export const GENRES = [
  'Comedy',
  'Drama',
  'Action',
  'Sci-Fi',
  'Horror',
  'Romance',
  'Animation',
  'Documentary',
  'Crime',
  'Fantasy',
  'Western',
  'Musical',
] as const;
