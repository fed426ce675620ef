import { describe, expect, it } from 'vitest';
import type { SweepCell } from '../evaluate/results.js';
import type { ParetoRow } from '../pareto/table.js';
import type { SteeringComparison } from '../steering/report.js';
import { pageHtml } from './page.js';
import type { ReportData } from './report-data.js';
import { openPlots } from './svg.js';
import { TABLES, tableCsv } from './tables.js';

const row = (sparsity: number, features: number, seed = 42): ParetoRow => ({
  ...{ name: `l1-${sparsity}-${features}-block1`, kind: 'l1', sparsity, features, layer: 1, site: 'block' },
  ...{ l0: 30 / sparsity, rmse: 0.2, explainedVariance: 0.9, ndcg: 0.1, hitRate: 0.2, coverage: 0.3 },
  ...{ meanCorrelation: 0.5 - sparsity, neurons: 0.2, untrained: 0.3, dead: 2, deadShare: 2 / features },
  ...{ seed, steps: 100, origin: `${sparsity} ${features} ${seed}` },
});
const cell = (strength: number): SweepCell => ({
  ...{ strength, share: 0.25, ndcgKept: 0.9, ndcg: 0.11, coverage: 0.4, diversity: 0.8, shares: [0.25] },
});
const ATTRIBUTE = 'genre/<b>"A"&B';
const MODEL = { ndcg: 0.125, hitRate: 0.25, coverage: 0.5, users: 7 };
const OUTCOME = { share: 0.5, ndcgKept: 0.9, intent: 0.3, coverage: 0.4, diversity: 0.9 };
const INTERVAL = { mean: 0.01, low: -0.02, high: 0.04 };
const COMPARISON: SteeringComparison = {
  ...{ split: 'paper', budget: 0.1, chosenOn: 3, judgedOn: 4 },
  kinds: [
    {
      ...{ kind: 'feature', attributes: 1 },
      methods: [
        {
          ...{ method: 'delta', atBudget: OUTCOME, best: { ...OUTCOME, intent: 0.35 } },
          againstScore: {
            atBudget: { mean: INTERVAL, below: 0, above: 1 },
            best: { mean: INTERVAL, below: 1, above: 0 },
          },
        },
      ],
    },
  ],
  attributes: [
    {
      ...{ attribute: 'feature/7', intenders: ['u', 'v'], about: ['Tom & <Jerry>', 'Other'] },
      unsteered: { strength: 0, ...OUTCOME },
      methods: [
        {
          ...{ method: 'delta', by: { atBudget: 'delta', best: 'delta' } },
          ...{ atBudget: { strength: 1, ...OUTCOME }, best: { strength: 2, ...OUTCOME } },
          againstScore: { atBudget: INTERVAL, best: INTERVAL },
          intents: { atBudget: [0.3, 0.3], best: [0.3, 0.3] },
        },
      ],
    },
  ],
};
const DATA: ReportData = {
  comparisons: [COMPARISON],
  runs: [
    {
      run: 'one',
      table: { split: 'paper', train: 'one', model: MODEL, rows: [row(0.1, 64), row(0.2, 64), row(0.1, 128)] },
    },
  ],
  evaluation: {
    split: 'paper',
    dictionary: { name: 'l1-0.1-64-block1', features: 64, layer: 1, site: 'block' },
    ranking: [{ name: 'GPTRec', users: 'test', metrics: MODEL }],
    sae: {
      ...{ rmse: 0.2, explainedVariance: 0.9, l0: 12, dead: 3, meanCorrelation: 0.4, meanNeuronCorrelation: 0.3 },
      ...{ meanAuc: 0.8, meanSensitivity: 0.6 },
    },
    attributes: [
      {
        ...{ attribute: ATTRIBUTE, feature: 7, correlation: 0.5, auc: 0.9 },
        sensitivity: 0.7,
        popularity: 0.3,
        neuron: 0.2,
      },
    ],
    steering: [{ attribute: ATTRIBUTE, mode: 'replace', cells: [cell(-1), cell(0), cell(1)] }],
    equalizer: [],
    details: {
      floor: {
        ...{ features: 64, seed: 42, meanCorrelation: 0.2 },
        attributes: [{ attribute: ATTRIBUTE, correlation: 0.21 }],
      },
      heatMap: { attributes: [ATTRIBUTE], features: [7], correlation: [[0.5]] },
      topMass: [
        {
          ...{ attribute: ATTRIBUTE, popularity: 0.3, top: { feature: 7, share: 0.75 } },
          best: { feature: 9, share: 0.8, items: 12 },
        },
        { attribute: 'series/Star Wars', popularity: 0.01, top: null, best: null },
      ],
      portraits: [
        {
          ...{ attribute: ATTRIBUTE, feature: 7 },
          histogram: {
            edges: [0, 1, 2],
            withAttribute: [0.5, 0.25],
            without: [0.1, 0],
            zeroWith: 0.25,
            zeroWithout: 0.9,
          },
          sequences: [{ user: 'u', items: [{ title: 'Tom & <Jerry>', activation: 2, bears: true }] }],
        },
      ],
      lists: [
        {
          ...{ attribute: ATTRIBUTE, user: 'u', standing: 'much', historyShare: 0.4 },
          ...{ history: [{ title: 'Old <one>', bears: true }], target: { title: 'Next', bears: false } },
          lists: [{ strength: null, items: [{ title: 'Listed', bears: false, isNew: false }] }],
        },
      ],
      probes: [{ attribute: ATTRIBUTE, probability: 0.7, logit: 0.6, auc: 0.95, difference: 0.55 }],
      directions: [{ attribute: ATTRIBUTE, method: 'linear probe', cells: [cell(0), cell(1)] }],
    },
  },
};

const tableOf = (id: string): string[] => {
  const table = TABLES.map((make) => make(DATA)).find((one) => one.id === id);
  return table ? tableCsv(table).trim().split('\n') : [];
};

describe('the tables of a report', () => {
  it('have a head and rows of its length', () => {
    for (const make of TABLES) {
      const { head, rows } = make(DATA);
      for (const one of rows) expect(one).toHaveLength(head.length);
    }
  });

  it('are CSV that quotes what has to be quoted', () => {
    expect(
      tableCsv({
        head: ['a', 'b,c'],
        rows: [
          ['say "x"', null],
          ['two\nlines', 0.5],
        ],
      }),
    ).toBe('a,"b,c"\n"say ""x""",\n"two\nlines",0.5\n');
  });

  it('have the model before its dictionaries', () => {
    expect(tableOf('dictionaries')[1]).toBe('none,,,,,,,,,,,,0.125,0.25,0.5,,,');
    expect(tableOf('dictionaries')).toHaveLength(5);
  });

  it('have means by kind of attribute', () => {
    expect(tableOf('kinds')[1]).toBe('genre,1,0.5,0.9,0.7,0.2,0.21,0.7,0.8,0.3');
  });

  it('have methods of steering, as means and by attribute, with what a discovered feature is carried by', () => {
    const [low, high] = ['0.5,0.9,0.3,0.4,0.9', '0.5,0.9,0.35,0.4,0.9'];
    expect(tableOf('methods')[1]).toBe(`feature,1,delta,${low},0.01,-0.02,0.04,0,1,${high},0.01,-0.02,0.04,1,0`);
    expect(tableOf('methods-by-attribute')[1]).toBe(
      `feature/7,Tom & <Jerry>; Other,2,delta,delta,1,${low},0.01,-0.02,0.04,delta,2,${low},0.01,-0.02,0.04`,
    );
  });

  it('have beside each feature the floor of the dictionary’s own size', () => {
    expect(tableOf('comparison')[1]).toMatch(/,0\.5,0\.2,0\.21,0\.7,0\.6,0\.95,0\.55$/);
  });
});

describe('the page of a report', () => {
  const page = openPlots().then((draw) => pageHtml(DATA, draw));

  it('has every figure as an image with a name and a description', async () => {
    const html = await page;
    const figures = html.match(/<svg role="img" aria-labelledby="[^"]+"/g) ?? [];
    expect(figures.map((one) => one.match(/labelledby="(.+)-title/)?.[1])).toEqual([
      ...['curve-sparsity', 'curve-features', 'pareto'],
      ...['heat-map', 'comparison', 'histograms', 'sweep', 'shares-0', 'directions', 'directions-cost'],
    ]);
    expect(html.match(/<title id=/g)).toHaveLength(figures.length);
    expect(html.match(/<desc id=/g)).toHaveLength(figures.length);
    expect(html.includes('<html lang="en">')).toBe(true);
  });

  it('draws to a hundredth of a pixel', async () => {
    expect(/ (d|transform|x|y)="[^"]*\d\.\d{3}/.exec(await page)).toBeNull();
    expect(/ d="M[^"]*\d\.\d\d?[,L]/.test(await page)).toBe(true);
  });

  it('gives no name twice', async () => {
    const ids: string[] = (await page).match(/ id="[^"]+"/g) ?? [];
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  });

  it('takes no attribute or title for markup', async () => {
    const html = await page;
    expect(html.includes('<b>"A"')).toBe(false);
    expect(html.includes('<Jerry>')).toBe(false);
    expect(html.includes('Tom &amp; &lt;Jerry&gt;&thinsp;*')).toBe(true);
    expect(html.includes('Old &lt;one&gt;&thinsp;*')).toBe(true);
  });

  it('runs nothing and loads nothing', async () => {
    expect(/<script|<link|<img|@import|url\([^#]|(src|href)=/.exec(await page)).toBeNull();
  });

  it('tells series apart without colour', async () => {
    const sweep = (await page).match(/<svg role="img" aria-labelledby="comparison-title.*?<\/svg>/s)?.[0] ?? '';
    const shapes = new Set(sweep.match(/(?<= d=")M[^"]+(?=" fill="#)/g));
    expect(shapes.size).toBeGreaterThanOrEqual(5);
  });
});
