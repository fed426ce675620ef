/** Paired bootstrap over users (Efron 1979): how sure a difference of means is. Pure. */
import { createRandom } from '../random.js';

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
  const means = Float64Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += differences[random.below(n)] ?? 0;
    return sum / n;
  }).sort();
  const at = (share: number): number => means[Math.round(share * (RESAMPLES - 1))] ?? Number.NaN;
  return { mean, low: at(0.025), high: at(0.975) };
}
