import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { sequencesOf } from '../../test/builders/split.js';
import { tensorsLeft, tinyModel } from '../../test/builders/tensors.js';
import { casesOf } from '../evaluate/cases.js';
import { attributeShare, SweepBench } from '../evaluate/sweep.js';
import { disposeLearning, drawCases, everyCase, learnDirections, readLearning } from './learn.js';

const ITEMS = 40;
const WINDOW = 8;
const SETTINGS = { balance: 0.2, score: 0, steps: 40, learningRate: 0.05 };
const model = () => tinyModel(tinyCheckpoint(12, ITEMS));
const cases = casesOf(
  sequencesOf(Array.from({ length: 30 }, (_, u) => Array.from({ length: 12 }, (__, t) => (u * 7 + t * t * 5) % ITEMS))),
);
const bearing = new Set([0, 1, 2, 3, 20, 21, 22, 30]);
const bearers = Float32Array.from({ length: ITEMS }, (_, item) => (bearing.has(item) ? 1 : 0));

function learn(blocks?: readonly number[]): Float32Array[] {
  const pool = everyCase(cases);
  const own = readLearning(
    model(),
    pool.filter(({ target }) => bearing.has(target)),
    WINDOW,
  );
  const others = readLearning(model(), pool, WINDOW);
  const learned = learnDirections(model(), own, others, bearers, SETTINGS, blocks);
  disposeLearning([...own, ...others]);
  return learned;
}

describe('learned directions', () => {
  beforeAll(() => openRuntime('wasm'));

  it('raise the share of the attribute with their strength, at every block or at the last alone', () => {
    for (const blocks of [undefined, [2]]) {
      const learned = learn(blocks);
      expect(learned).toHaveLength(2);
      expect(learned[0]!.every((value) => value === 0)).toBe(blocks !== undefined);
      const bench = new SweepBench(model(), cases, { window: WINDOW, items: ITEMS });
      const shares = [0, 0.5, 1].map((strength) => {
        const [direction, ...later] = learned.map((values) => values.map((value) => value * strength));
        return attributeShare(bench.run({ direction: direction!, later }).lists, Int32Array.from(bearing));
      });
      bench.close();
      for (const [i, share] of shares.entries()) if (i > 0) expect(share).toBeGreaterThan(shares[i - 1]!);
    }
  });

  it('are the same for the same seed, and leave no tensor behind', async () => {
    expect(learn()).toEqual(learn());
    const own = model();
    const pool = everyCase(cases).slice(0, 20);
    const left = await tensorsLeft(() => {
      const parts = readLearning(own, pool, WINDOW);
      learnDirections(own, parts, parts, bearers, { ...SETTINGS, steps: 2 });
      disposeLearning(parts);
    });
    expect(left).toBe(0);
  });
});

describe('cases to learn from', () => {
  it('are every interaction that has five before it', () => {
    const [first] = casesOf(sequencesOf([[9, 8, 7, 6, 5, 4, 3]]));
    expect(everyCase([first!])).toEqual([
      { user: 0, history: Int32Array.of(9, 8, 7, 6, 5), target: 4 },
      { user: 0, history: Int32Array.of(9, 8, 7, 6, 5, 4), target: 3 },
    ]);
    expect(everyCase(casesOf(sequencesOf([[1, 2, 3]])))).toEqual([]);
  });

  it('are drawn by the seed, each once', () => {
    const pool = everyCase(cases);
    const drawn = drawCases(pool, 50, 1);
    expect(new Set(drawn).size).toBe(50);
    expect(drawCases(pool, 50, 1)).toEqual(drawn);
    expect(drawCases(pool, 50, 2)).not.toEqual(drawn);
    expect(drawCases(pool, 1e6, 1)).toHaveLength(pool.length);
  });
});
