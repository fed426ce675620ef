import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { circleSplit } from '../../test/builders/split.js';
import { tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { tinyModel } from '../../test/builders/tensors.js';
import { referenceForward } from '../../test/builders/reference-model.js';
import { casesOf } from '../evaluate/cases.js';
import { measureRanking, type RankingRow } from './measure.js';
import { rankingText } from './table.js';

describe('the ranking of a trained model', () => {
  beforeAll(() => openRuntime('wasm'));
  const checkpoint = tinyCheckpoint();
  const split = circleSplit();
  const trained = () => ({ split, shape: checkpoint.manifest.gptrec, model: tinyModel(checkpoint) });

  it('has the model on test and SAE users, seen items hidden and listed, and the baselines', () => {
    const rows = measureRanking(trained());
    expect(rows.map(({ model, users, seen, metrics }) => [model, users, seen, metrics.users])).toEqual([
      ['GPTRec', 'test', 'hidden', 6],
      ['GPTRec', 'test', 'listed', 6],
      ['GPTRec', 'sae', 'hidden', 6],
      ['GPTRec', 'sae', 'listed', 6],
      ['most popular', 'test', 'hidden', 6],
      ['item-to-item Markov', 'test', 'hidden', 6],
    ]);
    // Who comes next on the circle is what came next before.
    expect(rows.at(-1)!.metrics.ndcg).toBe(1);
    for (const { metrics, interval } of rows) {
      expect(interval[0]).toBeLessThanOrEqual(metrics.ndcg);
      expect(interval[1]).toBeGreaterThanOrEqual(metrics.ndcg);
    }
    const others = measureRanking({ ...trained(), split: { ...split, kind: 'leave-one-out' } });
    expect(others.some(({ users }) => users === 'sae')).toBe(false);
  });

  it('lists what the reference lists, with the history and without it', () => {
    const gain = (isHidden: boolean): number => {
      const gains = casesOf(split.test).map(({ history, target }) => {
        const scores = referenceForward(checkpoint, [...history.subarray(-8)]).logits.at(-1)!;
        const allowed = [...scores.keys()].filter((item) => !isHidden || !history.includes(item));
        const rank = allowed.sort((a, b) => scores[b]! - scores[a]!).indexOf(target) + 1;
        return rank >= 1 && rank <= 10 ? 1 / Math.log2(rank + 1) : 0;
      });
      return gains.reduce((sum, value) => sum + value, 0) / gains.length;
    };
    const [hidden, listed] = measureRanking(trained());
    expect(hidden!.metrics.ndcg).toBeCloseTo(gain(true), 10);
    expect(listed!.metrics.ndcg).toBeCloseTo(gain(false), 10);
    expect(gain(true)).not.toBeCloseTo(gain(false), 3);
  });
});

describe('the table of rankings', () => {
  const row = (ndcg: number): RankingRow => ({
    model: 'GPTRec',
    users: 'test',
    seen: 'hidden',
    metrics: { ndcg, hitRate: 0.25, coverage: 0.5, users: 7 },
    interval: [ndcg - 0.01, ndcg + 0.01],
  });
  const table = (ndcg: number) => ({ split: 'paper', rows: [row(ndcg)] });

  it('shows one run with its interval', () => {
    expect(
      rankingText([table(0.12)])
        .split('\n')
        .at(-1),
    ).toBe('| GPTRec | 7 test | hidden | 0.1200 | 0.1100 to 0.1300 | 0.250 | 0.500 |');
  });

  it('shows several runs as mean and sample standard deviation, and each of them', () => {
    const text = rankingText([table(0.12), table(0.13), table(0.14)]);
    expect(text).toContain('3 runs');
    expect(text.split('\n').at(-1)).toBe(
      '| GPTRec | 7 test | hidden | 0.1300 ± 0.0100 | 0.1200, 0.1300, 0.1400 | 0.250 ± 0.000 | 0.500 ± 0.000 |',
    );
  });
});
