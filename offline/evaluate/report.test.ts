import { describe, expect, it } from 'vitest';
import { reportText } from './report.js';
import type { EvaluationReport, SweepCell } from './results.js';

const cell = (strength: number, share: number, ndcgKept: number): SweepCell => ({
  ...{ strength, share, ndcgKept },
  ...{ ndcg: 0.1, coverage: 0.4, diversity: 0.8, shares: [share] },
});
const REPORT: EvaluationReport = {
  split: 'paper',
  dictionary: { name: 'l1-0.1-64-block1', features: 64, layer: 1, site: 'block' },
  ranking: [
    { name: 'GPTRec', users: 'test', metrics: { ndcg: 0.12345, hitRate: 0.25, coverage: 0.5, users: 40 } },
    { name: 'most popular', users: 'sae', metrics: { ndcg: 0.05, hitRate: 0.1, coverage: 0.02, users: 90 } },
  ],
  sae: {
    rmse: 0.2,
    explainedVariance: 0.9,
    l0: 12.34,
    dead: 3,
    meanCorrelation: 0.41,
    meanNeuronCorrelation: 0.3,
    meanAuc: 0.8,
    meanSensitivity: 0.6,
  },
  attributes: [
    { attribute: 'genre/A', feature: 7, correlation: 0.5, auc: 0.9, sensitivity: 0.7, popularity: 0.3, neuron: 0.2 },
  ],
  steering: [{ attribute: 'genre/A', mode: 'delta', cells: [cell(-2, 0.1, 0.95), cell(2, 0.6, 0.905)] }],
  equalizer: [{ attribute: 'genre/A', method: 'score', base: 0.3, up: cell(1, 0.7, 0.9), down: cell(-1, 0.03, 1) }],
};

/** The table that begins with this cell, as rows of cells. */
function tableOf(text: string, first: string, second: string): string[][] {
  const block = text.split('\n\n').find((part) => part.startsWith(`| ${first} | ${second} |`)) ?? '';
  return block.split('\n').map((line) => line.slice(2, -2).split(' | '));
}

describe('the report as text', () => {
  const text = reportText(REPORT);

  it('has the metrics of every ranking, and of whom they are', () => {
    expect(tableOf(text, 'ranking', 'users')).toEqual([
      ['ranking', 'users', 'NDCG@10', 'HitRate@10', 'Coverage@10'],
      ['---', '---', '---', '---', '---'],
      ['GPTRec', '40 test', '0.1235', '0.250', '0.500'],
      ['most popular', '90 sae', '0.0500', '0.100', '0.020'],
    ]);
  });

  it('has the dictionary, and each attribute with its feature', () => {
    expect(text).toContain('SAE: RMSE 0.200, explained variance 0.900, L0 12.3, dead features 3; ');
    expect(tableOf(text, 'attribute', 'feature')[2]).toEqual(
      ['genre/A', '7', '0.500', '0.900', '0.700', '0.300', '0.200'], // biome-ignore format: a row
    );
  });

  it('has share and kept NDCG at every strength, and at both ends of the equalizer', () => {
    expect(tableOf(text, 'attribute', 'mode')).toEqual([
      ['attribute', 'mode', '-2', '2'],
      ['---', '---', '---', '---'],
      ['genre/A', 'delta', '0.100 (95 %)', '0.600 (91 %)'],
    ]);
    expect(tableOf(text, 'attribute', 'method')[2]).toEqual(
      ['genre/A', 'score', '0.300', '0.700 (90 %)', '0.030 (100 %)'], // biome-ignore format: a row
    );
  });

  it('shows seven strengths of a long sweep, both ends among them', () => {
    const cells = Array.from({ length: 21 }, (_, i) => cell(i - 10, 0.1, 1));
    const long = reportText({ ...REPORT, steering: [{ attribute: 'genre/A', mode: 'delta', cells }] });
    expect(tableOf(long, 'attribute', 'mode')[0]?.slice(2)).toEqual(['-10', '-7', '-3', '0', '3', '7', '10']);
  });

  it('is whole without any attribute', () => {
    const bare = reportText({ ...REPORT, attributes: [], steering: [], equalizer: [] });
    expect(tableOf(bare, 'attribute', 'mode')).toEqual([['attribute', 'mode'], ['---', '---']]); // biome-ignore format: a table
  });
});
