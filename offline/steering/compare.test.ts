import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { sequencesOf } from '../../test/builders/split.js';
import { tinyModel } from '../../test/builders/tensors.js';
import { casesOf } from '../evaluate/cases.js';
import { SweepBench } from '../evaluate/sweep.js';
import { compareMethods, type Panel } from './compare.js';
import { intervene, type Known, METHODS, strengthsOf } from './methods.js';
import { comparisonText } from './report.js';

const ITEMS = 40;
const items = Int32Array.of(0, 1, 2, 3, 20, 21, 22, 30);
const direction = (seed: number): Float32Array => Float32Array.from({ length: 8 }, (_, i) => Math.sin(seed + i));
const directions = [direction(1), direction(2)];
const known: Known = {
  items,
  layer: 1,
  feature: 3,
  scale: 2,
  means: direction(3),
  learned: { last: [new Float32Array(8), direction(4)], directions, hybrid: directions },
};

function panelOf(from: number): Panel {
  const cases = casesOf(sequencesOf(Array.from({ length: 40 }, (_, u) => [u, (u + from) % 12, (u * 5 + 1) % ITEMS])));
  return { cases, bench: new SweepBench(tinyModel(tinyCheckpoint(12, ITEMS)), cases, { window: 8, items: ITEMS }) };
}

describe('comparing methods', () => {
  beforeAll(() => openRuntime('wasm'));

  it('judges every method at the two strengths that other users chose, against re-ranking', () => {
    const [chooser, judge] = [panelOf(2), panelOf(5)];
    const result = compareMethods('genre/Low', known, chooser, judge, { budget: 0.1, seed: 1 });
    expect(result.methods.map(({ method }) => method)).toEqual([...METHODS, 'tuned']);
    expect(result.intents).toBe(judge.cases.filter(({ target }) => items.includes(target)).length);
    for (const { method, atBudget, best, againstScore } of result.methods) {
      if (method === 'tuned') continue;
      const strengths = strengthsOf(method, known);
      expect([0, ...strengths]).toContain(best.strength);
      expect(atBudget.strength).toBeGreaterThanOrEqual(0);
      expect(atBudget.strength).toBeLessThanOrEqual(strengths.at(-1)!);
      expect(againstScore.best.low).toBeLessThanOrEqual(againstScore.best.high);
      if (method === 'score') expect(againstScore.atBudget).toEqual({ mean: 0, low: 0, high: 0 });
    }
    const text = comparisonText({ split: 'paper', budget: 0.1, chosenOn: 40, judgedOn: 40, attributes: [result] });
    for (const method of METHODS)
      expect(text.split('\n').filter((line) => line.startsWith(`| ${method} |`))).toHaveLength(2);
    chooser.bench.close();
    judge.bench.close();
  });

  it('interpolates the strength that loses the budget, and never looks at the judges', () => {
    const chooser = panelOf(2);
    const budget = 0.1;
    const row = compareMethods('genre/Low', known, chooser, chooser, { budget, seed: 1 }).methods[0]!;
    const base = chooser.bench.base.metrics.ndcg;
    const kept = strengthsOf('score', known).map(
      (s) => chooser.bench.run(intervene({ method: 'score' }, known, s)).metrics.ndcg / base,
    );
    const crossing = kept.findIndex((value) => value < 1 - budget);
    const strengths = [0, ...strengthsOf('score', known)];
    if (crossing === -1) expect(row.atBudget.strength).toBe(strengths.at(-1));
    else {
      expect(row.atBudget.strength).toBeGreaterThan(strengths[crossing]! - 1e-9);
      expect(row.atBudget.strength).toBeLessThan(strengths[crossing + 1]! + 1e-9);
    }
    chooser.bench.close();
  });

  it('tunes a hybrid to be no worse than re-ranking or a hybrid alone, on those that chose', () => {
    const chooser = panelOf(2);
    const { methods } = compareMethods('genre/Low', known, chooser, chooser, { budget: 0.1, seed: 1 });
    const of = (name: string) => methods.find(({ method }) => method === name)!;
    for (const other of ['score', 'hybrid']) {
      expect(of('tuned').best.intent).toBeGreaterThanOrEqual(of(other).best.intent);
      expect(of('tuned').atBudget.intent).toBeGreaterThanOrEqual(of(other).atBudget.intent);
    }
    chooser.bench.close();
  });

  it('is no intervention at strength 0, and a half of the directions beside the score term in the hybrid', () => {
    for (const method of METHODS) expect(intervene({ method }, known, 0)).toEqual({});
    expect(intervene({ method: 'hybrid' }, known, 2)).toEqual({
      direction: directions[0]!.map((value) => value / 2),
      later: [directions[1]!.map((value) => value / 2)],
      score: { items, amount: 4 },
    });
    expect(intervene({ method: 'delta' }, known, 3)).toEqual({
      edits: [{ kind: 'latent', layer: 1, feature: 3, mode: 'delta', amount: 3 }],
    });
  });
});
