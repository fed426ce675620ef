import { describe, expect, it } from 'vitest';
import { paretoCsv, type ParetoRow, paretoTable, paretoText } from './table.js';

const row = (kind: string, l0: number, name = `${kind}-${l0}`): ParetoRow => ({
  name,
  kind,
  sparsity: 0.1,
  features: 64,
  layer: 1,
  site: 'block',
  seed: 42,
  steps: 900,
  l0,
  rmse: 0.25,
  explainedVariance: 0.9,
  ndcg: 0.12,
  hitRate: 0.2,
  coverage: 0.3,
  meanCorrelation: 0.5,
  neurons: 0.3,
  untrained: 0.4,
  dead: 16,
  deadShare: 0.25,
  origin: name,
});
const MODEL = { ndcg: 0.125, hitRate: 0.25, coverage: 0.5, users: 7 };
const table = paretoTable({ split: 'paper', train: 'hash', model: MODEL }, [
  row('topk', 8),
  row('l1', 30),
  row('l1', 4),
]);

describe('the Pareto table', () => {
  it('has a row for each dictionary, by kind and then by L0', () => {
    expect(table.rows.map(({ name }) => name)).toEqual(['l1-4', 'l1-30', 'topk-8']);
  });

  it('is CSV with a head, the model alone first', () => {
    expect(paretoCsv(table).split('\n')).toEqual([
      'name,kind,sparsity,features,layer,site,seed,steps,l0,rmse,explainedVariance,ndcg,hitRate,coverage,meanCorrelation,neurons,untrained,dead,deadShare',
      'none,,,,,,,,,,,0.125,0.25,0.5,,,,,',
      'l1-4,l1,0.1,64,1,block,42,900,4,0.25,0.9,0.12,0.2,0.3,0.5,0.3,0.4,16,0.25',
      'l1-30,l1,0.1,64,1,block,42,900,30,0.25,0.9,0.12,0.2,0.3,0.5,0.3,0.4,16,0.25',
      'topk-8,topk,0.1,64,1,block,42,900,8,0.25,0.9,0.12,0.2,0.3,0.5,0.3,0.4,16,0.25',
      '',
    ]);
  });

  it('is a table for people', () => {
    const text = paretoText(table);
    expect(text).toContain('# Dictionaries (split: paper, 7 test users)');
    expect(text).toContain('| none |  |  | 0.1250 | 0.250 | 0.500 |  |  |  |');
    expect(text).toContain('| topk-8 | 8.0 | 0.900 | 0.1200 | 0.200 | 0.300 | 0.500 | 0.400 | 25 % |');
  });
});
