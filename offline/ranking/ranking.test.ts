import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { circleSplit, sequencesOf } from '../../test/builders/split.js';
import { tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { tinyModel } from '../../test/builders/tensors.js';
import { referenceForward } from '../../test/builders/reference-model.js';
import { casesOf } from '../evaluate/cases.js';
import { type ChunkRow, measureChunks, placesIn } from './chunks.js';
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

describe('windows in chunks', () => {
  beforeAll(() => openRuntime('wasm'));
  const checkpoint = tinyCheckpoint();
  // Histories of few items, most longer than the window of 8; what comes next is new.
  const walks = Array.from({ length: 24 }, (_, user) => [
    ...Array.from({ length: 4 + user }, (__, t) => (user + t * t) % 5),
    5 + ((user * 3) % 7),
  ]);
  const split = { ...circleSplit(), kind: 'leave-one-out' as const, test: sequencesOf(walks) };
  const trained = () => ({ split, shape: checkpoint.manifest.gptrec, model: tinyModel(checkpoint) });

  it('are measured at four places of a chunk, evenly spread', () => {
    expect([1, 2, 4, 8, 16].map(placesIn)).toEqual([
      [0, 0, 0, 0],
      [0, 0, 1, 1],
      [0, 1, 2, 3],
      [1, 3, 4, 6],
      [2, 6, 9, 13],
    ]);
  });

  it('cost what the reference loses with shorter windows; a step of one costs nothing', () => {
    const gain = (length: (items: number) => number): number => {
      const gains = casesOf(split.test).map(({ history, target }) => {
        const scores = referenceForward(checkpoint, [...history.subarray(-length(history.length))]).logits.at(-1)!;
        const allowed = [...scores.keys()].filter((item) => !history.includes(item));
        const rank = allowed.sort((a, b) => scores[b]! - scores[a]!).indexOf(target) + 1;
        return rank >= 1 && rank <= 10 ? 1 / Math.log2(rank + 1) : 0;
      });
      return gains.reduce((sum, value) => sum + value, 0) / gains.length;
    };
    const [one, four] = measureChunks(trained(), [1, 4]);
    expect(one).toMatchObject({ chunked: one!.sliding, change: { mean: 0, low: 0, high: 0 } });
    const places = [8, 7, 6, 5].map((window) => gain((items) => (items <= 8 ? items : window)));
    expect(four!.sliding).toBeCloseTo(places[0]!, 10);
    const mean = places.reduce((sum, value) => sum + value, 0) / 4;
    expect(four!.chunked).toBeCloseTo(mean, 10);
    expect(four!.change.mean).toBeCloseTo(mean / places[0]! - 1, 10);
    expect(four!.chunked).not.toBeCloseTo(four!.sliding, 3);
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
  const chunks: ChunkRow = {
    step: 16,
    users: 'test',
    count: 7,
    sliding: 0.2,
    chunked: 0.199,
    change: { mean: -0.005, low: -0.01, high: 0.002 },
  };
  const table = (ndcg: number) => ({ split: 'paper', rows: [row(ndcg)], chunks: [chunks] });

  it('shows one run with its interval', () => {
    expect(
      rankingText([table(0.12)])
        .split('\n')
        .at(-5),
    ).toBe('| GPTRec | 7 test | hidden | 0.1200 | 0.1100 to 0.1300 | 0.250 | 0.500 |');
  });

  it('shows what windows in chunks cost', () => {
    expect(
      rankingText([table(0.12)])
        .split('\n')
        .at(-1),
    ).toBe('| 16 | 7 test | 0.2000 | 0.1990 | -0.5 % | -1.0 % to 0.2 % |');
  });

  it('shows several runs as mean and sample standard deviation, and each of them', () => {
    const text = rankingText([table(0.12), table(0.13), table(0.14)]);
    expect(text).toContain('3 runs');
    expect(text.split('\n').at(-1)).toBe(
      '| GPTRec | 7 test | hidden | 0.1300 ± 0.0100 | 0.1200, 0.1300, 0.1400 | 0.250 ± 0.000 | 0.500 ± 0.000 |',
    );
  });
});
