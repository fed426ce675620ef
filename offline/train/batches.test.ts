import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sequencesOf } from '../../test/builders/split.js';
import { lastItems, trainingBatch, trainingParts, userCount } from './batches.js';

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

  it('hold an older window where newer items are left out, of long users alone', () => {
    const asked: number[][] = [];
    const batch = trainingBatch(sequences, Int32Array.of(0, 1, 4), 3, (user, surplus) => {
      asked.push([user, surplus]);
      return surplus;
    });
    expect([...batch.inputs]).toEqual([1, 2, 3, 7, 0, 0, 4, 4, 4]);
    expect([...batch.targets]).toEqual([2, 3, 4, 8, 4, 4, 4]);
    expect(asked).toEqual([[0, 2]]);
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

describe('the parts of a batch', () => {
  const tokensOf = (parts: ReturnType<typeof trainingParts>): string[] =>
    parts.flatMap(({ inputs, positions, targets }) => [...positions].map((at, i) => `${inputs[at]}>${targets[i]}`));

  it('hold the windows of all users of two items and more, whatever their lengths', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat({ max: 50 }), { maxLength: 9 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 6 }),
        (lists, window) => {
          const all = sequencesOf(lists);
          const users = Int32Array.from(lists.keys());
          const parts = trainingParts(all, users, window);
          expect(tokensOf(parts).sort()).toEqual(tokensOf([trainingBatch(all, users, window)]).sort());
          for (const { inputs, size, window: width } of parts) expect(inputs).toHaveLength(size * width);
          const widths = parts.map((part) => part.window);
          expect(widths).toEqual([...new Set(widths)].sort((a, b) => b - a));
        },
      ),
    );
  });

  it('are of sixteen users or more, but for the last; users of one length are not parted', () => {
    const lists = [
      ...Array.from({ length: 40 }, () => [1, 2, 3, 4, 5, 6]),
      ...Array.from({ length: 20 }, () => [1, 2]),
    ];
    const parts = trainingParts(sequencesOf(lists), Int32Array.from(lists.keys()).reverse(), 5);
    expect(parts.map(({ size, window }) => [size, window])).toEqual([
      [40, 5],
      [20, 1],
    ]);
    const rising = Array.from({ length: 40 }, (_, n) => Array.from({ length: n + 2 }, () => 7));
    const many = trainingParts(sequencesOf(rising), Int32Array.from(rising.keys()), 99);
    expect(many.map(({ size, window }) => [size, window])).toEqual([
      [16, 40],
      [16, 24],
      [8, 8],
    ]);
  });
});
