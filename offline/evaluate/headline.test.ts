import { describe, expect, it } from 'vitest';
import { headlineMean } from './headline.js';

const mean = (...names: readonly string[]): number =>
  headlineMean(
    names.map((attribute, i) => ({ attribute, value: i + 1 })),
    ({ value }) => value,
  );

describe('a headline', () => {
  it('is a mean over the genres, as in the paper; over all attributes where there are none', () => {
    expect(mean('genre/A', 'decade/1980', 'genre/B')).toBe(2);
    expect(mean('mood/calm', 'decade/1980')).toBe(1.5);
    expect(mean()).toBe(0);
  });
});
