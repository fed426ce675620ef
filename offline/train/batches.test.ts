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

  it('cost least in all: none that saves less padding than it costs, none within one length', () => {
    const sizes = (lengths: readonly number[]): number[][] => {
      const lists = lengths.map((length) => Array.from({ length: length + 1 }, () => 7));
      const parts = trainingParts(sequencesOf(lists), Int32Array.from(lists.keys()).reverse(), 500);
      return parts.map(({ size, window }) => [size, window]);
    };
    const of = (count: number, length: number): number[] => Array.from({ length: count }, () => length);
    // 20 short windows beside 10 of 100: padding of 1,000 positions is what a part costs.
    expect(sizes([...of(20, 51), ...of(10, 100)])).toEqual([[30, 100]]);
    expect(sizes([...of(20, 49), ...of(10, 100)])).toEqual([
      [10, 100],
      [20, 49],
    ]);
    expect(sizes(of(200, 60))).toEqual([[200, 60]]);
    // Against every way to cut.
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 9 }), (drawn) => {
        const lengths = drawn.flatMap((length) => of(8, length)).sort((a, b) => b - a);
        const costOf = (parts: readonly number[][]): number =>
          parts.reduce((sum, [size = 0, window = 0]) => sum + 1000 + size * window, 0);
        const ways = Array.from({ length: 2 ** (drawn.length - 1) }, (_, cuts) => {
          const parts: number[][] = [];
          for (let i = 0; i < drawn.length; i++) {
            if (i === 0 || (cuts >> (i - 1)) % 2 === 1) parts.push([0, lengths[8 * i]!]);
            parts.at(-1)![0]! += 8;
          }
          return costOf(parts);
        });
        expect(costOf(sizes(lengths))).toBe(Math.min(...ways));
      }),
    );
  });
});
