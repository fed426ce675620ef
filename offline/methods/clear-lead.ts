/**
 * When another method is taken instead of re-ranking: where it serves wishes clearly better. A lead of a few users is
 * often luck, most of all for a rare attribute and of the best of several methods, and re-ranking is what there is
 * without any of this.
 */
import { bootstrapMean } from '../evaluate/bootstrap.js';

/** NDCG of each wish under two methods. */
export interface Served {
  readonly own: readonly number[];
  readonly reRanked: readonly number[];
}

const SEED = 42;
/** The interval of fewer says nothing: where all of a handful gain a little it lies above 0. */
const LEAST_USERS = 10;

/**
 * Whether the 95 % interval of the mean difference lies above 0 (paired bootstrap over users, all wishes of a user drawn
 * at once); never by the wishes of a handful.
 * @param wishers the user of each wish
 */
export function leadsClearly(wishers: readonly number[], { own, reRanked }: Served): boolean {
  if (new Set(wishers).size < LEAST_USERS) return false;
  const differences = own.map((value, i) => value - (reRanked[i] ?? Number.NaN));
  return bootstrapMean([{ users: wishers.map(String), differences }], SEED).low > 0;
}
