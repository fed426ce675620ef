import { describe, expect, it } from 'vitest';
import { dictionariesOf, PAPER_GRID } from './grid.js';

describe('the grid of dictionaries', () => {
  it('is the paper’s one dictionary, where nothing is asked for', () => {
    expect(dictionariesOf(PAPER_GRID)).toEqual([
      {
        name: 'l1-0.1-2048-block1',
        place: { layer: 1, site: 'block' },
        features: 2048,
        sparsity: { kind: 'l1', l1: 0.1, loss: 'unsquared' },
        revive: 0,
        seed: 42,
      },
    ]);
  });

  it('is every combination, each once, with a name of its own; l1 has weights, the others k', () => {
    const all = dictionariesOf({
      kind: ['l1', 'topk', 'jumprelu', 'topk'],
      layer: [1, 3],
      site: ['block', 'mlp'],
      features: [64, 128],
      l1: [0.1, 0.2, 0.1],
      loss: 'squared',
      k: [4, 8],
      seed: [7, 8, 7],
    });
    const names = all.map(({ name }) => name);
    expect(names).toHaveLength(2 * 2 * 2 * (2 + 2 + 2) * 2);
    expect(new Set(names).size).toBe(names.length);
    expect(names[0]).toBe('l1-squared-0.1-64-block1');
    expect(all[1]).toMatchObject({ name: 'l1-squared-0.1-64-block1-seed8', seed: 8 });
    expect(names.at(-1)).toBe('jumprelu-8-128-mlp3-seed8');
  });

  it('revives the dead of kinds with a fixed k by 1/32, or all by what is asked for', () => {
    const kind = ['l1', 'topk', 'batch-topk', 'matryoshka', 'jumprelu'] as const;
    const revive = (given: { revive?: number }): number[] =>
      dictionariesOf({ ...PAPER_GRID, kind, ...given }).map((one) => one.revive);
    expect(revive({})).toEqual([0, 1 / 32, 1 / 32, 1 / 32, 0]);
    expect(revive({ revive: 0.5 })).toEqual([0.5, 0.5, 0.5, 0.5, 0.5]);
    expect(revive({ revive: 0 })).toEqual([0, 0, 0, 0, 0]);
  });

  it('is refused where a dictionary is smaller than k', () => {
    const grid = { ...PAPER_GRID, kind: ['l1', 'topk'], features: [128, 16], k: [32] } as const;
    expect(() => dictionariesOf(grid)).toThrow(
      'a dictionary of 16 features cannot have 32 active: choose a smaller --k',
    );
    expect(dictionariesOf({ ...grid, kind: ['l1'] })).toHaveLength(2);
  });
});
