/** Seeded random numbers, the same on every machine: sfc32 (Chris Doty-Humphrey's small fast counter generator). */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  random(): number;
  /** Standard normal. */
  normal(): number;
  /** Exponential with this mean. */
  exponential(mean: number): number;
  /** Uniform integer in [0, n). */
  below(n: number): number;
  /** Index drawn in proportion to its weight. Weights are non-negative, their sum positive. */
  choice(weights: ArrayLike<number>): number;
  /** Shuffles in place and returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(array: T): T;
}

/** A generator of its own for every list of integers given: `createRandom(seed, user)` is independent of other users. */
export function createRandom(...seeds: readonly number[]): Random {
  const next = sfc32(seeds);
  const random = (): number => next() / 2 ** 32;
  const below = (n: number): number => Math.floor(random() * n);
  return {
    random,
    below,
    normal: () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
    exponential: (mean) => -mean * Math.log(1 - random()),
    choice: (weights) => choose(weights, random()),
    shuffle: (array) => {
      for (let i = array.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [array[i], array[j]] = [array[j], array[i]];
      }
      return array;
    },
  };
}

function choose(weights: ArrayLike<number>, uniform: number): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] ?? 0;
  let left = uniform * sum;
  let last = -1;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] ?? 0;
    if (weight <= 0) continue;
    last = i;
    left -= weight;
    if (left < 0) return i;
  }
  if (last < 0) throw new Error('choice: no weight is positive');
  return last; // rounding left a crumb
}

/** Each seed is stirred in as two 32-bit words. @throws Error for a seed that is no safe integer. */
function sfc32(seeds: readonly number[]): () => number {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let counter = 1;
  const next = (): number => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (const seed of seeds) {
    if (!Number.isSafeInteger(seed)) throw new Error(`a seed must be an integer, not ${seed}`);
    a ^= seed | 0;
    b ^= Math.floor(seed / 2 ** 32) | 0;
    for (let i = 0; i < 15; i++) next();
  }
  return next;
}
