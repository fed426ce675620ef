import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { sequencesOf } from '../../test/builders/split.js';
import { tinyModel } from '../../test/builders/tensors.js';
import { casesOf } from '../evaluate/cases.js';
import { SweepBench } from '../evaluate/sweep.js';
import { clearlyBest, type Chosen, type Panel, type Panels } from './choose.js';
import { compareMethods, type Judging } from './compare.js';
import { intervene, type Known, strengthsOf } from './interventions.js';
import { METHODS, VARIANTS } from './methods.js';
import { comparisonText, meansByKind } from './report.js';

const ITEMS = 40;
const items = Int32Array.of(0, 1, 2, 3, 20, 21, 22, 30);
const direction = (seed: number, size = 8): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(seed + i));
const directions = [direction(1), direction(2)];
const known: Known = {
  items,
  layer: 1,
  feature: 3,
  scale: 2,
  causal: { feature: 5, scale: 1 },
  towards: direction(6),
  means: direction(3),
  probe: direction(5),
  learned: { features: directions, last: [new Float32Array(8), direction(4)], directions, hybrid: directions },
  adapter: { inWeight: direction(7, 24), inBias: direction(8, 3), outWeight: direction(9, 24), outBias: direction(1) },
};

const panel = (cases: Panel['cases']): Panel => ({
  cases,
  bench: new SweepBench(tinyModel(tinyCheckpoint(12, ITEMS)), cases, { window: 8, items: ITEMS }),
});

/** To be closed. */
function panelsOf(from: number): Judging {
  const cases = casesOf(sequencesOf(Array.from({ length: 40 }, (_, u) => [u, (u + from) % 12, (u * 5 + 1) % ITEMS])));
  const loss = panel(cases);
  const wishes = panel(cases.filter(({ target }) => items.includes(target)));
  return { loss, wishes, names: cases.map(({ user }) => `u${user}`) };
}

function close({ loss, wishes }: Panels): void {
  loss.bench.close();
  wishes.bench.close();
}

describe('comparing methods', () => {
  beforeAll(() => openRuntime('wasm'));

  it('judges every method at the two strengths that other users chose, against re-ranking', () => {
    const [chooser, judge] = [panelsOf(2), panelsOf(5)];
    const result = compareMethods('genre/Low', known, chooser, judge, { budget: 0.1, seed: 1, methods: METHODS });
    expect(result.methods.map(({ method }) => method)).toEqual([...METHODS]);
    const own = judge.wishes.cases;
    expect(result.intenders).toEqual(own.map(({ user }) => `u${user}`));
    for (const { method, by, atBudget, best, againstScore, intents } of result.methods) {
      expect(intents.best).toHaveLength(own.length);
      expect(againstScore.best.low).toBeLessThanOrEqual(againstScore.best.high);
      if (method === 'score') expect(againstScore.atBudget).toEqual({ mean: 0, low: 0, high: 0 });
      if (method === 'tuned' || method === 'latent') continue;
      expect(by.best.startsWith(method)).toBe(true);
      const strengths = strengthsOf(method, known);
      expect([0, ...strengths]).toContain(best.strength);
      expect(atBudget.strength).toBeGreaterThanOrEqual(0);
      expect(atBudget.strength).toBeLessThanOrEqual(strengths.at(-1)!);
    }
    const other = { ...result, attribute: 'decade/1990' };
    const kinds = meansByKind([result, { ...result, attribute: 'genre/Even' }, other], 1);
    expect(kinds.map(({ kind, attributes }) => [kind, attributes])).toEqual([
      ['genre', 2],
      ['decade', 1],
    ]);
    const [score, , replace] = kinds[0]!.methods;
    expect(score?.againstScore.best.mean).toEqual({ mean: 0, low: 0, high: 0 });
    expect(replace?.atBudget.share).toBeCloseTo(result.methods[2]!.atBudget.share, 12);
    const attributes = [result, other];
    const text = comparisonText({ split: 'paper', budget: 0.1, chosenOn: 40, judgedOn: 40, kinds, attributes });
    for (const method of METHODS)
      expect(text.split('\n').filter((line) => line.startsWith(`| ${method} |`))).toHaveLength(4);
    close(chooser);
    close(judge);
  });

  it('interpolates the strength that loses the budget, and never looks at the judges', () => {
    const chooser = panelsOf(2);
    const { bench } = chooser.loss;
    const judge = panelsOf(5);
    const budget = 0.1;
    const row = compareMethods('genre/Low', known, chooser, judge, { budget, seed: 1, methods: ['score'] }).methods[0]!;
    const base = bench.base.metrics.ndcg;
    const [variant] = VARIANTS.score;
    const kept = strengthsOf('score', known).map(
      (s) => bench.run(intervene(variant!, known, s, new Float64Array())).metrics.ndcg / base,
    );
    const crossing = kept.findIndex((value) => value < 1 - budget);
    const strengths = [0, ...strengthsOf('score', known)];
    if (crossing === -1) expect(row.atBudget.strength).toBe(strengths.at(-1));
    else {
      expect(row.atBudget.strength).toBeGreaterThan(strengths[crossing]! - 1e-9);
      expect(row.atBudget.strength).toBeLessThan(strengths[crossing + 1]! + 1e-9);
    }
    close(chooser);
    close(judge);
  });

  it('serves those that chose by labels no worse than re-ranking, and without labels as well as the best that has none', () => {
    const chooser = panelsOf(2);
    const { methods } = compareMethods('genre/Low', known, chooser, chooser, {
      budget: 0.1,
      seed: 1,
      methods: METHODS,
    });
    const of = (name: string) => methods.find(({ method }) => method === name)!;
    for (const aim of ['atBudget', 'best'] as const) {
      expect(of('tuned')[aim].intent).toBeGreaterThanOrEqual(of('score')[aim].intent);
      for (const other of ['delta', 'means', 'directions', 'adapter'])
        expect(of('latent')[aim].intent).toBeGreaterThanOrEqual(of(other)[aim].intent);
    }
    close(chooser);
  });

  it('takes a hybrid that is better for many who choose, not one that is better for a few', () => {
    const wishers = Array.from({ length: 40 }, (_, user) => user);
    const serving = (by: number, intents: readonly number[]): Chosen => {
      const choice = { strength: 1, intents, intent: intents.reduce((sum, value) => sum + value, 0) / intents.length };
      return { variant: { method: by === 0 ? 'score' : 'hybrid', by }, atBudget: choice, best: choice };
    };
    const score = serving(
      0,
      wishers.map(() => 0.3),
    );
    const few = serving(
      0.25,
      wishers.map((user) => (user < 3 ? 1 : 0.3)),
    );
    const many = serving(
      0.5,
      wishers.map((user) => (user % 2 === 0 ? 0.33 : 0.3)),
    );
    expect(few.best.intent).toBeGreaterThan(many.best.intent);
    expect(clearlyBest([score, few, many], 'best', wishers)).toBe(many);
    expect(clearlyBest([score, few], 'best', wishers)).toBe(score);
    expect(clearlyBest([score, many], 'best', [])).toBe(score);
  });

  it('is no intervention at strength 0, and a share of the directions beside the score term in the hybrid', () => {
    const none = new Float64Array();
    for (const variant of Object.values(VARIANTS).flat()) expect(intervene(variant, known, 0, none)).toEqual({});
    expect(intervene({ method: 'hybrid', by: 0.5 }, known, 2, none)).toEqual({
      shifts: directions.map((vector) => vector.map((value) => value / 2)),
      score: { items, amount: 4 },
    });
    expect(intervene({ method: 'delta', by: 1 }, known, 3, none)).toEqual({
      edits: [{ kind: 'latent', layer: 1, feature: 3, mode: 'delta', amount: 3 }],
    });
    expect(intervene({ method: 'causal', by: 1 }, known, 3, none)).toEqual({
      edits: [{ kind: 'latent', layer: 1, feature: 5, mode: 'delta', amount: 3 }],
    });
  });
});
