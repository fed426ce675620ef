import { describe, expect, it } from 'vitest';
import { sequencesOf } from '../../test/builders/split.js';
import { itemCounts, markovLists, popularLists } from './baselines.js';
import { casesOf } from './cases.js';

const sequences = sequencesOf([
  [0, 1, 2, 1],
  [1, 2, 3],
  [1, 0, 4],
]);
const counts = itemCounts(sequences, 6);
const lists = (made: Int32Array[]): number[][] => made.map((list) => [...list]);

describe('baselines', () => {
  it('count every interaction of training', () => {
    expect([...counts]).toEqual([2, 4, 2, 1, 1, 0]);
  });

  it('most popular: unseen items by count, ties by index', () => {
    const cases = [
      { user: 0, history: Int32Array.of(1), target: 0 },
      { user: 1, history: Int32Array.of(0, 2, 5), target: 0 },
    ];
    expect(lists(popularLists(counts, cases, 3))).toEqual([
      [0, 2, 3],
      [1, 3, 4],
    ]);
  });

  it('Markov: what followed the last item most often, unseen; popularity fills up', () => {
    const cases = [
      { user: 0, history: Int32Array.of(1), target: 0 },
      { user: 1, history: Int32Array.of(2, 0), target: 0 },
      { user: 2, history: Int32Array.of(5), target: 0 },
      { user: 3, history: Int32Array.of(3, 1), target: 0 },
    ];
    expect(lists(markovLists(sequences, counts, cases, 3))).toEqual([
      [2, 0, 3], // 1 -> 2 twice, 1 -> 0 once
      [1, 4, 3], // 0 -> 1 and 0 -> 4 once each; 1 is more popular
      [1, 0, 2], // nothing followed 5
      [2, 0, 4],
    ]);
  });

  it('the transition counts more than any popularity', () => {
    const skewed = sequencesOf([[0, 1], ...Array.from({ length: 50 }, () => [2, 2])]);
    const cases = [{ user: 0, history: Int32Array.of(0), target: 1 }];
    expect(lists(markovLists(skewed, itemCounts(skewed, 3), cases, 2))).toEqual([[1, 2]]);
  });
});

describe('test cases', () => {
  it('are the last item of each user of two items or more, after all the others', () => {
    const cases = casesOf(sequencesOf([[4, 5, 6], [7], [], [8, 9]]));
    expect(cases.map(({ user, history, target }) => [user, [...history], target])).toEqual([
      [0, [4, 5], 6],
      [3, [8], 9],
    ]);
  });
});
