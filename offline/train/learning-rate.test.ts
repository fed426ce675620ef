import { describe, expect, it } from 'vitest';
import { rateAt } from './learning-rate.js';

describe('the learning rate', () => {
  it('without warm-up and schedule is what it is', () => {
    const flat = { learningRate: 0.3, warmUp: 0, schedule: 'constant' } as const;
    expect([0, 1, 99].map((step) => rateAt(step, 100, flat))).toEqual([0.3, 0.3, 0.3]);
  });

  it('rises in equal steps to its full value', () => {
    const rising = { learningRate: 1, warmUp: 4, schedule: 'constant' } as const;
    expect([0, 1, 2, 3, 4, 50].map((step) => rateAt(step, 100, rising))).toEqual([0.25, 0.5, 0.75, 1, 1, 1]);
  });

  it('falls along half a cosine from the end of the rise to the last step', () => {
    const falling = { learningRate: 2, warmUp: 10, schedule: 'cosine' } as const;
    expect(rateAt(10, 110, falling)).toBe(2);
    expect(rateAt(60, 110, falling)).toBeCloseTo(1, 12);
    expect(rateAt(35, 110, falling)).toBeCloseTo(1 + Math.SQRT1_2, 12);
    expect(rateAt(109, 110, falling)).toBeGreaterThan(0);
    expect(rateAt(109, 110, falling)).toBeLessThan(0.001);
    expect(rateAt(500, 110, falling)).toBe(0);
  });
});
