import { describe, expect, it } from 'vitest';
import type { ParetoRow } from '../pareto/table.js';
import type { DictionaryRun } from './report-data.js';
import { groupsOf, seedsText, spreadOf, stepsOf } from './seeds.js';

const row = (features: number, seed: number, meanCorrelation: number, steps = 100): ParetoRow => ({
  ...{ name: `l1-0.1-${features}-block1${seed === 42 ? '' : `-seed${seed}`}`, kind: 'l1', sparsity: 0.1, features },
  ...{ layer: 1, site: 'block', seed, steps, l0: 1, rmse: 0.1, explainedVariance: 0.9, ndcg: 0.1, hitRate: 0.2 },
  ...{ coverage: 0.3, meanCorrelation, neurons: 0.2, untrained: 0.3, dead: 0, deadShare: 0 },
  origin: `${features} ${seed} ${steps}`,
});
const run = (train: string, ...rows: ParetoRow[]): DictionaryRun => ({
  ...{ run: train },
  table: { split: 'paper', train, model: { ndcg: 0.1, hitRate: 0.2, coverage: 0.3, users: 3 }, rows },
});

describe('dictionaries of several seeds', () => {
  const runs = [
    run('a', row(64, 42, 0.4), row(64, 43, 0.6), row(128, 42, 0.5)),
    run('a', row(64, 42, 0.4), row(64, 44, 0.8)),
  ];
  const groups = groupsOf(runs);

  it('are one group; one that two runs hold counts once', () => {
    expect(groups.map(({ name, rows }) => [name, rows.map(({ seed }) => seed)])).toEqual([
      ['l1-0.1-64-block1', [42, 43, 44]],
      ['l1-0.1-128-block1', [42]],
    ]);
  });

  it('are not one group where they were trained differently long, and then say how long', () => {
    const mixed = groupsOf([run('a', row(64, 42, 0.4), row(64, 43, 0.6, 900))]);
    expect(mixed.map((group) => stepsOf(group, mixed))).toEqual([['100 steps'], ['900 steps']]);
    expect(groups.map((group) => stepsOf(group, groups))).toEqual([[], []]);
  });

  it('have a mean and the deviation of a sample, which one value has not', () => {
    const { n, mean, deviation } = spreadOf([0.4, 0.6, 0.8]);
    expect(n).toBe(3);
    expect(mean).toBeCloseTo(0.6, 12);
    expect(deviation).toBeCloseTo(0.2, 12);
    expect(spreadOf([0.5])).toEqual({ n: 1, mean: 0.5, deviation: null });
  });

  it('say how many there are, and of how many models', () => {
    expect(seedsText(groups, runs)).toMatch(/^Means over 1 to 3 seeds of the dictionary, all on one trained model;/);
    expect(seedsText(groups.slice(0, 1), runs)).toMatch(/^Means over 3 seeds of/);
    expect(seedsText(groups.slice(1), [...runs, run('b')])).toMatch(
      /^One seed each, on 2 trained models: .* not known/,
    );
  });
});
