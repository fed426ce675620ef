/**
 * One synthetic user. Each has a random generator of their own, so that user 17 lives the same life whether 20 or
 * 20,000 users are made, and users beyond the generated ones can be streamed later.
 */
import { createRandom, type Random } from '../random.js';
import type { World } from './synthetic-world.js';

export interface SyntheticEvent {
  readonly user: number;
  /** Index of the world's item. */
  readonly item: number;
  /** ms */
  readonly time: number;
  /** Ground truth: the mood (a logit per genre) and the series to go on with, as they were before this choice. */
  readonly mood: Float64Array;
  readonly continuation: number | null;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** The life of one user, in time order; ends when nothing is left to see. @param user any index, also beyond `users`. */
export function* userEvents(world: World, user: number): Generator<SyntheticEvent> {
  const { parameters, items } = world;
  const random = createRandom(parameters.seed, 1, user);
  const taste = Float64Array.from({ length: parameters.genres }, () => parameters.taste * random.normal());
  const settled = parameters.moodPull * (2 - parameters.moodPull);
  const spread = settled > 0 ? parameters.moodNoise / Math.sqrt(settled) : 0;
  const mood = taste.map((lasting) => lasting + spread * random.normal());
  let time = parameters.start + beginning(world, user, random) * DAY;
  const count = Math.round(
    parameters.leastEvents + random.exponential(Math.max(0, parameters.meanEvents - parameters.leastEvents)),
  );
  const seen = new Uint8Array(items.length);
  let continuation: number | null = null;
  for (let n = 0; n < Math.min(count, items.length); n++) {
    const item = random.choice(nextProbabilities(world, { mood, seen, continuation }));
    yield { user, item, time: Math.round(time / 1000) * 1000, mood: mood.slice(), continuation };
    seen[item] = 1;
    const next = items[item]?.nextPart ?? null;
    // The series begun last is the one gone on with; a finished or overtaken one is left.
    if (next !== null || item === continuation) continuation = next;
    if (continuation !== null && seen[continuation] === 1) continuation = null;
    for (let g = 0; g < mood.length; g++) {
      const pulled = (mood[g] ?? 0) + parameters.moodPull * ((taste[g] ?? 0) - (mood[g] ?? 0));
      mood[g] = pulled + parameters.moodNoise * random.normal();
    }
    const pause = random.random() < 1 / parameters.sessionEvents;
    time += pause
      ? random.exponential(parameters.daysBetween * DAY)
      : random.exponential(parameters.minutesBetween * MINUTE);
  }
}

/** What decides the next choice. */
export interface Situation {
  readonly mood: Float64Array;
  /** 1 for every item seen. */
  readonly seen: Uint8Array;
  readonly continuation: number | null;
}

/** Probability of every item to be next: what the generator draws from, and so the oracle's scores. */
export function nextProbabilities(world: World, { mood, seen, continuation }: Situation): Float64Array {
  const { parameters, popularity, firstGenre, lastGenre } = world;
  // exp(mean mood of the genres) is the product of these.
  const halves = mood.map((logit) => Math.exp(logit / 2));
  const weights = new Float64Array(popularity.length);
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    if (seen[i] === 1) continue;
    const liked = (halves[firstGenre[i] ?? 0] ?? 0) * (halves[lastGenre[i] ?? 0] ?? 0);
    const weight = liked * (popularity[i] ?? 0);
    weights[i] = weight;
    sum += weight;
  }
  if (sum === 0) return weights;
  const follow = continuation === null ? 0 : parameters.seriesFollow;
  for (let i = 0; i < weights.length; i++) weights[i] = ((weights[i] ?? 0) / sum) * (1 - follow);
  if (continuation !== null) weights[continuation] = (weights[continuation] ?? 0) + follow;
  return weights;
}

/** The day on which a user begins: the fresh ones after the others, users beyond the generated ones after those. */
function beginning(world: World, user: number, random: Random): number {
  const { users, days, freshDays } = world.parameters;
  const uniform = random.random();
  if (user >= users) return days + freshDays * (1 + uniform);
  return user < firstFresh(world) ? days * uniform : days + freshDays * uniform;
}

/** Index of the first fresh user. */
export function firstFresh({ parameters }: World): number {
  return parameters.users - Math.round(parameters.users * parameters.freshUsers);
}
