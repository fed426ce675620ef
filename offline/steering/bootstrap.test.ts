import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.js';
import { bootstrap } from './bootstrap.js';

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
