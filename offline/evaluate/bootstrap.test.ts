import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.js';
import { bootstrap, bootstrapMean } from './bootstrap.js';

describe('bootstrap', () => {
  it('gives the mean, and the 95 % interval that theory gives for many values', () => {
    const random = createRandom(3);
    const values = Array.from({ length: 400 }, () => 1 + random.normal());
    const { mean, low, high } = bootstrap(values, 7);
    const exact = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - exact) ** 2, 0) / values.length);
    const half = (1.96 * deviation) / Math.sqrt(values.length);
    expect(mean).toBeCloseTo(exact, 12);
    expect(Math.abs(low - (exact - half))).toBeLessThan(half / 5);
    expect(Math.abs(high - (exact + half))).toBeLessThan(half / 5);
  });

  it('is the same for the same seed, has no width where nothing differs, and is NaN of nothing', () => {
    expect(bootstrap([1, 5, -2, 4], 1)).toEqual(bootstrap([1, 5, -2, 4], 1));
    expect(bootstrap([0.25, 0.25], 1)).toEqual({ mean: 0.25, low: 0.25, high: 0.25 });
    expect(bootstrap([], 1).mean).toBeNaN();
  });
});

describe('bootstrap of a mean over attributes', () => {
  it('gives the mean of means, and of one attribute what the plain one gives', () => {
    const random = createRandom(5);
    const values = Array.from({ length: 300 }, () => 1 + random.normal());
    const users = values.map((_, i) => `u${i}`);
    const one = bootstrapMean([{ users, differences: values }], 7);
    const plain = bootstrap(values, 7);
    expect(one.mean).toBeCloseTo(plain.mean, 12);
    expect(Math.abs(one.low - plain.low)).toBeLessThan(0.02);
    expect(Math.abs(one.high - plain.high)).toBeLessThan(0.02);
    const two = [
      { users: ['a', 'b'], differences: [1, 3] },
      { users: ['b', 'c', 'd'], differences: [0, 0, 6] },
    ];
    expect(bootstrapMean(two, 1).mean).toBe(2);
    expect(bootstrapMean(two, 1)).toEqual(bootstrapMean(two, 1));
  });

  it('draws a user for all attributes at once: what cancels within users has no width', () => {
    const users = Array.from({ length: 50 }, (_, i) => `u${i}`);
    const differences = users.map((_, i) => i % 7);
    const opposite = [
      { users, differences },
      { users: users.toReversed(), differences: differences.toReversed().map((value) => -value) },
    ];
    const { mean, low, high } = bootstrapMean(opposite, 3);
    for (const value of [mean, low, high]) expect(value).toBeCloseTo(0, 12);
  });
});
