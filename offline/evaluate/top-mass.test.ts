import { describe, expect, it } from 'vitest';
import { othersToShow } from './look-closely.js';
import type { TopMass } from './results.js';
import { shareOf, TOP, topMasses } from './top-mass.js';

const strongest = (activations: readonly number[], positions = activations.map((_, i) => i)) => ({
  positions: Int32Array.from(positions),
  activations: Float32Array.from(activations),
});

describe('p_top100', () => {
  it('is the share of the greatest activations’ mass on items that bear the attribute', () => {
    const items = Int32Array.of(0, 1, 2, 9, 9);
    const one = strongest([4, 3, 1], [0, 3, 2]);
    const shares = [[0, 1], [9], []].map((borne) => shareOf(one, items, new Set(borne)));
    expect(shares).toEqual([4 / 8, 3 / 8, 0]);
  });

  it('is 0 of a feature that is never active', () => {
    expect(shareOf(strongest([]), Int32Array.of(0), new Set([0]))).toBe(0);
  });

  it('finds the feature with the greatest share among those that are active often, and counts its items', () => {
    // Eight items by turns. The first feature sees four of them, but too seldom; the second the same four; the third all.
    const items = Int32Array.from({ length: 400 }, (_, n) => n % 8);
    const every = (from: number, step: number, count: number) =>
      strongest(
        Array.from({ length: count }, () => 1),
        Array.from({ length: count }, (_, i) => from + step * i),
      );
    const features = [every(0, 2, TOP - 1), every(0, 2, TOP), every(0, 1, TOP), every(0, 4, TOP)];
    const [first, other] = topMasses(features, items, [
      { name: 'series/A', items: Int32Array.of(0) },
      { name: 'genre/B', items: Int32Array.of(0, 2, 4, 6), top: 2 },
    ]);
    expect(first).toEqual({
      attribute: 'series/A',
      popularity: 0.125,
      top: null,
      // The last feature has more of it, and is of two items alone.
      best: { feature: 1, share: 0.25, items: 4 },
    });
    expect(other).toEqual({
      attribute: 'genre/B',
      popularity: 0.5,
      top: { feature: 2, share: 0.5 },
      best: { feature: 1, share: 1, items: 4 },
    });
    expect(topMasses([every(0, 4, 3)], items, [{ name: 'x', items: Int32Array.of(0) }])[0]?.best).toBeNull();
  });
});

describe('what is shown beside the chosen attributes', () => {
  const row = (attribute: string, share: number, popularity = 0.1): TopMass => ({
    ...{ attribute, popularity, top: null },
    best: { feature: Math.round(100 * share), share, items: 5 },
  });

  it('is of each other kind what stands out most above its popularity', () => {
    const shown = othersToShow(
      [
        row('genre/A', 0.9),
        row('decade/1990', 0.8, 0.7),
        row('decade/1980', 0.5),
        row('decade/1970', 0.4),
        row('series/T', 0.6, 0.01),
        { attribute: 'series/U', popularity: 0, top: null, best: null },
      ],
      new Set(['genre']),
    );
    expect(shown).toEqual([
      { attribute: 'series/T', feature: 60 },
      { attribute: 'decade/1980', feature: 50 },
      { attribute: 'decade/1970', feature: 40 },
    ]);
  });
});
