import { describe, expect, it } from 'vitest';
import { seriesOfTitles } from './series.js';

const found = (...titles: readonly string[]): Record<string, number[]> =>
  Object.fromEntries(seriesOfTitles(titles).map(({ name, items }) => [name, [...items]]));

describe('series of titles', () => {
  it('are told by number, part, episode and what follows a colon, whatever article stands at the end', () => {
    expect(found('Other (1990)', 'Halloween (1978)', 'Halloween II (1981)', 'Halloween 5: The Revenge (1989)')).toEqual(
      {
        Halloween: [1, 2, 3],
      },
    );
    expect(found('Godfather, The (1972)', 'Godfather: Part II, The (1974)', 'Godfather: Part III, The (1990)')).toEqual(
      {
        Godfather: [0, 1, 2],
      },
    );
    expect(
      found(
        'Star Wars: Episode IV - A New Hope (1977)',
        'Star Wars: Episode V - The Empire Strikes Back (1980)',
        'Star Wars: Episode I - The Phantom Menace (1999)',
      ),
    ).toEqual({ 'Star Wars': [0, 1, 2] });
    expect(
      found('Star Trek: Generations', 'Star Trek VI: The Undiscovered Country', 'Star Trek: First Contact'),
    ).toEqual({ 'Star Trek': [0, 1, 2] });
    expect(found('Silent Harbor', 'Silent Harbor 2', 'Silent Harbor 3')).toEqual({ 'Silent Harbor': [0, 1, 2] });
    expect(found('Jaws (1975)', 'Jaws 2 (1978)', 'Jaws 3-D (1983)')).toEqual({ Jaws: [0, 1, 2] });
  });

  it('are no artists, whose names stand before a colon and nothing else', () => {
    const songs = ['Ada Lund: First Light', 'Ada Lund: Slow River', 'Ada Lund: Iron Sea'];
    expect(found(...songs)).toEqual({});
    expect(found(...songs, 'Ada Lund II: Night')).toEqual({ 'Ada Lund': [0, 1, 2, 3] });
    expect(found(...songs, 'Ada Lund')).toEqual({ 'Ada Lund': [0, 1, 2, 3] });
  });

  it('are no remakes, no pairs, and nothing that a number in the middle of a title makes', () => {
    expect(found('Hamlet (1948)', 'Hamlet (1990)', 'Hamlet (1996)', 'Hamlet (2000)')).toEqual({});
    expect(found('Dracula (1931)', 'Dracula (1958)', 'Dracula: Dead and Loving It (1995)')).toEqual({});
    expect(found('Toy Story (1995)', 'Toy Story 2 (1999)')).toEqual({});
    expect(found('Malcolm X (1992)', '2 Days in the Valley (1996)', 'Seven (1995)', '')).toEqual({});
  });
});
