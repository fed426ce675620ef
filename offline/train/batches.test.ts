import { describe, expect, it } from 'vitest';
import { sequencesOf } from '../../test/builders/split.js';
import { lastItems, trainingBatch, userCount } from './batches.js';

const sequences = sequencesOf([[1, 2, 3, 4, 5, 6], [7, 8], [9], [], [4, 4, 4, 4]]);

describe('training batches', () => {
  it('hold the last window + 1 items of each user, aligned left, the next item as target', () => {
    const batch = trainingBatch(sequences, Int32Array.of(0, 1, 4), 3);
    expect([...batch.inputs]).toEqual([3, 4, 5, 7, 0, 0, 4, 4, 4]);
    expect([...batch.positions]).toEqual([0, 1, 2, 3, 6, 7, 8]);
    expect([...batch.targets]).toEqual([4, 5, 6, 8, 4, 4, 4]);
    expect([batch.size, batch.window]).toEqual([3, 3]);
  });

  it('take nothing from users of one item, or of none', () => {
    const batch = trainingBatch(sequences, Int32Array.of(2, 3), 4);
    expect([batch.positions.length, batch.targets.length]).toEqual([0, 0]);
    expect([...batch.inputs]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('newest items of a user: at most so many, without the last ones, never another user’s', () => {
    expect([...lastItems(sequences, 0, 2)]).toEqual([5, 6]);
    expect([...lastItems(sequences, 0, 2, 3)]).toEqual([2, 3]);
    expect([...lastItems(sequences, 1, 9)]).toEqual([7, 8]);
    expect([...lastItems(sequences, 1, 9, 2)]).toEqual([]);
    expect([...lastItems(sequences, 1, 9, 5)]).toEqual([]);
    expect([...lastItems(sequences, 3, 9)]).toEqual([]);
    expect(userCount(sequences)).toBe(5);
  });
});
