import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { sequencesOf } from '../../test/builders/split.js';
import { expectClose, tensorsLeft, tinyModel, valuesOf } from '../../test/builders/tensors.js';
import { casesOf } from '../evaluate/cases.js';
import { attributeShare, type Intervention, SweepBench } from '../evaluate/sweep.js';
import { learnAdapter } from './adapter.js';
import { mostCausal } from './causal.js';
import { learnDirections } from './directions.js';
import { lateParts, readLateCases } from './late-cases.js';
import { disposeLearning, drawCases, everyCase, readLearning } from './learning-cases.js';
import { learnSparse } from './sparse-features.js';
import { Teaching } from './teaching.js';

const ITEMS = 40;
const WINDOW = 8;
const SETTINGS = { steps: 40, learningRate: 0.05 };
const model = () => tinyModel(tinyCheckpoint(12, ITEMS));
const sequences = sequencesOf(
  Array.from({ length: 30 }, (_, u) => Array.from({ length: 12 }, (__, t) => (u * 7 + t * t * 5) % ITEMS)),
);
const cases = casesOf(sequences);
const bearing = new Set([0, 1, 2, 3, 20, 21, 22, 30]);
const items = Int32Array.from(bearing);
const bearers = Float32Array.from({ length: ITEMS }, (_, item) => (bearing.has(item) ? 1 : 0));
const NO_TERM = new Float32Array(ITEMS);
const TEACHING = { cases: 500, lateCases: 150, seed: 1 };
const teaching = (own = model()): Teaching =>
  new Teaching(own, WINDOW, { unseen: sequences, seen: sequences }, TEACHING);

/** Shares of the attribute at strengths 0, a half and 1. */
function shares(intervention: (strength: number) => Intervention): number[] {
  const bench = new SweepBench(model(), cases, { window: WINDOW, items: ITEMS });
  const measured = [0, 0.5, 1].map((strength) => attributeShare(bench.run(intervention(strength)).lists, items));
  bench.close();
  return measured;
}

function expectRising(values: readonly number[]): void {
  for (const [i, value] of values.entries()) if (i > 0) expect(value).toBeGreaterThan(values[i - 1]!);
}

const scaled = (shifts: readonly Float32Array[], by: number): Float32Array[] =>
  shifts.map((values) => values.map((value) => value * by));

function learn(blocks?: readonly number[]): Float32Array[] {
  const taught = teaching();
  const own = taught.bearing(bearing);
  const learned = learnDirections(model(), taught.sources(own, 0.2), NO_TERM, SETTINGS, blocks);
  disposeLearning(own);
  taught.close();
  return learned;
}

describe('learned directions', () => {
  beforeAll(() => openRuntime('wasm'));

  it('raise the share of the attribute with their strength, at every block or at the last alone', () => {
    for (const blocks of [undefined, [2]]) {
      const learned = learn(blocks);
      expect(learned).toHaveLength(2);
      expect(learned[0]!.every((value) => value === 0)).toBe(blocks !== undefined);
      expectRising(shares((strength) => ({ shifts: scaled(learned, strength) })));
    }
  });

  it('are the same for the same seed, and leave no tensor behind', async () => {
    expect(learn()).toEqual(learn());
    const own = model();
    const left = await tensorsLeft(() => {
      const taught = teaching(own);
      const parts = taught.bearing(bearing);
      learnDirections(own, taught.sources(parts, 1), bearers, { ...SETTINGS, steps: 2 });
      disposeLearning(parts);
      taught.close();
    });
    expect(left).toBe(0);
  });
});

describe('an adapter', () => {
  beforeAll(() => openRuntime('wasm'));
  const settings = { hidden: 8, teacher: 2, batch: 50, steps: 200, learningRate: 0.02 };

  it('raises the share of the attribute without labels, and says what its teacher says', () => {
    const taught = teaching();
    const weights = learnAdapter(model(), { cases: taught.late, seed: 1 }, bearers, settings);
    expectRising(shares((amount) => ({ adapter: { weights, amount } })));
    const bench = new SweepBench(model(), cases, { window: WINDOW, items: ITEMS });
    const teacher = bench.run({ score: { items, amount: 2 } }).lists;
    const alike = (lists: readonly Int32Array[]): number =>
      lists.reduce((sum, list, i) => sum + list.filter((item) => teacher[i]!.includes(item)).length, 0);
    expect(alike(bench.run({ adapter: { weights, amount: 1 } }).lists)).toBeGreaterThan(alike(bench.base.lists) * 1.05);
    bench.close();
  });

  it('is the same for the same seed, and leaves no tensor behind', async () => {
    const taught = teaching();
    const few = { ...settings, steps: 3 };
    const learned = () => learnAdapter(model(), { cases: taught.late, seed: 1 }, bearers, few);
    expect(learned()).toEqual(learned());
    const own = model();
    const { late } = taught;
    expect(await tensorsLeft(() => learnAdapter(own, { cases: late, seed: 1 }, bearers, few))).toBe(0);
  });
});

describe('several features', () => {
  beforeAll(() => openRuntime('wasm'));

  it('get weights that are never negative, sparser where that weighs more, and raise the share', async () => {
    const own = model();
    const layers = [{ sae: own.sae, features: Array.from({ length: 16 }, (_, j) => j) }];
    const learned = (sparsity: number) => {
      const taught = teaching(own);
      const parts = taught.bearing(bearing);
      const found = learnSparse(own, layers, taught.sources(parts, 0.2), { ...SETTINGS, sparsity });
      disposeLearning(parts);
      taught.close();
      return found;
    };
    const [dense, sparse] = [learned(0), learned(0.2)];
    expect(sparse.active).toBeLessThan(dense.active);
    expect(learned(100).active).toBe(0);
    expectRising(shares((strength) => ({ shifts: scaled(dense.shifts, strength) })));
    expect(dense.shifts[1]).toEqual(new Float32Array(8));
    expect(await tensorsLeft(() => learned(0.1))).toBe(0);
  });
});

describe('the most causal feature', () => {
  beforeAll(() => openRuntime('wasm'));

  it('gains most share for what it loses', () => {
    const bench = new SweepBench(model(), cases, { window: WINDOW, items: ITEMS });
    const candidates = Array.from({ length: 5 }, (_, feature) => ({ feature, scale: 2 }));
    const effect = ({ feature, scale }: { feature: number; scale: number }): number => {
      const point = bench.run({ edits: [{ kind: 'latent', layer: 1, feature, mode: 'delta', amount: scale }] });
      const lost = Math.max(0, 1 - point.metrics.ndcg / Math.max(1e-9, bench.base.metrics.ndcg));
      return (attributeShare(point.lists, items) - attributeShare(bench.base.lists, items)) / (lost + 0.01);
    };
    const best = mostCausal(bench, items, 1, candidates);
    expect(effect(best)).toBe(Math.max(...candidates.map(effect)));
    expect(() => mostCausal(bench, items, 1, [])).toThrow('no features');
    bench.close();
  });
});

describe('cases to learn from', () => {
  it('are every interaction that has five before it', () => {
    const [first] = casesOf(sequencesOf([[9, 8, 7, 6, 5, 4, 3]]));
    expect(everyCase([first!])).toEqual([
      { user: 0, history: Int32Array.of(9, 8, 7, 6, 5), target: 4 },
      { user: 0, history: Int32Array.of(9, 8, 7, 6, 5, 4), target: 3 },
    ]);
    expect(everyCase([first!], 1)).toEqual(everyCase([first!]).slice(1));
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

  it('of every position of a window have the states and targets that a forward call of each has', () => {
    const own = model();
    const short = sequencesOf([
      [9, 8, 7, 6, 5, 4, 3],
      [1, 2],
      [4, 4, 2, 1, 0, 7, 8, 9, 3, 2],
    ]);
    const late = readLateCases(own, [short], WINDOW, { count: 100, seed: 1 });
    expect([...late.targets]).toEqual([4, 3, 7, 8, 9, 3, 2].filter((_, i) => i !== 2 || WINDOW > 8));
    const [part] = lateParts(own, late, [0, 1]);
    const expected = readLearning(own, everyCase(casesOf(sequencesOf([[9, 8, 7, 6, 5, 4, 3]]))), WINDOW);
    expectClose(valuesOf(part!.statesWith((x) => x)), valuesOf(expected[0]!.statesWith((x) => x)), 1e-4);
    expectClose(valuesOf(part!.wanted.clone()), valuesOf(expected[0]!.wanted.clone()), 0);
    disposeLearning([...expected, part!]);
    const some = readLateCases(own, [short], WINDOW, { count: 3, seed: 1 });
    expect(some.targets).toHaveLength(3);
    expect(some).toEqual(readLateCases(own, [short], WINDOW, { count: 3, seed: 1 }));
  });
});
