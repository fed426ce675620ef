/** Paired bootstrap over users (Efron 1979): how sure a difference of means is. Pure. */
import { createRandom, type Random } from '../random.js';

export interface Interval {
  readonly mean: number;
  /** Of the central 95 %. */
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2000;

/** @param differences one for each user, or each group that is resampled as a whole; none: NaN */
export function bootstrap(differences: readonly number[], seed: number): Interval {
  const n = differences.length;
  const mean = differences.reduce((sum, value) => sum + value, 0) / n;
  const random = createRandom(seed);
  return central(mean, () => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += differences[random.below(n)] ?? 0;
    return sum / n;
  });
}

/** Differences of one attribute, and the user of each. */
export interface OfUsers {
  readonly users: readonly string[];
  readonly differences: readonly number[];
}

/**
 * Mean over attributes of each attribute's mean over users. A user who counts for several attributes is drawn for all of
 * them at once; an attribute that a resample has no user of is left out of its mean.
 */
export function bootstrapMean(attributes: readonly OfUsers[], seed: number): Interval {
  const index = new Map<string, number>();
  for (const { users } of attributes) for (const user of users) if (!index.has(user)) index.set(user, index.size);
  const rows = attributes.map(({ users, differences }) => ({
    users: Int32Array.from(users, (user) => index.get(user) ?? 0),
    differences: Float64Array.from(differences),
  }));
  const once = new Int32Array(index.size).fill(1);
  const random = createRandom(seed);
  return central(meanOfMeans(rows, once), () => meanOfMeans(rows, drawn(index.size, random)));
}

/** How often each of n is drawn in n draws. */
function drawn(n: number, random: Random): Int32Array {
  const counts = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const one = random.below(n);
    counts[one] = (counts[one] ?? 0) + 1;
  }
  return counts;
}

function meanOfMeans(
  rows: readonly { readonly users: Int32Array; readonly differences: Float64Array }[],
  counts: Int32Array,
): number {
  const means = rows.map(({ users, differences }) => {
    let [sum, weight] = [0, 0];
    for (let i = 0; i < users.length; i++) {
      const count = counts[users[i] ?? 0] ?? 0;
      sum += count * (differences[i] ?? 0);
      weight += count;
    }
    return sum / weight;
  });
  const present = means.filter((value) => !Number.isNaN(value));
  return present.reduce((sum, value) => sum + value, 0) / present.length;
}

function central(mean: number, resample: () => number): Interval {
  const means = Float64Array.from({ length: RESAMPLES }, resample).sort();
  const at = (share: number): number => means[Math.round(share * (RESAMPLES - 1))] ?? Number.NaN;
  return { mean, low: at(0.025), high: at(0.975) };
}
