import { describe, expect, it } from 'vitest';
import { leanings, meanLogit, personalAmounts } from './personal.js';

describe('a strength for each user', () => {
  it('is the same for all at gamma 0, more for those who lean towards the attribute above, less below, never negative', () => {
    const masses = Float64Array.of(0.9, 0.5, 0.1, 0);
    const leaning = leanings(masses, meanLogit(masses));
    expect(leaning.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 9);
    expect([...leaning].every(Number.isFinite)).toBe(true);
    expect([...personalAmounts(leaning, 1.5, 0)]).toEqual([1.5, 1.5, 1.5, 1.5]);
    const more = personalAmounts(leaning, 1.5, 0.25);
    expect([...more]).toEqual([...more].sort((a, b) => b - a));
    expect(more[3]).toBe(0);
    const less = personalAmounts(leaning, 1.5, -0.25);
    expect([...less]).toEqual([...less].sort((a, b) => a - b));
    expect(leanings(Float64Array.of(0.5), -1)[0]).toBe(1);
    expect(meanLogit(new Float64Array())).toBe(0);
  });
});
