import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import type { LatentEdit } from '../../src/model/edit.js';
import { topK } from '../../src/model/top-k.js';
import { TINY_ITEMS, tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { referenceDecode, referenceFeatures, referenceForward } from '../../test/builders/reference-model.js';
import { sequencesOf } from '../../test/builders/split.js';
import { expectClose, tensorsLeft, tinyModel } from '../../test/builders/tensors.js';
import { readActivations } from '../sae/activation-set.js';
import { casesOf, rankCases, scoreCases, sliding, type TestCase } from './cases.js';
import { rankingMetrics } from './ranking-metrics.js';
import { reconstructionError, splicedLists } from './spliced.js';
import { attributeShare, type Intervention, SweepBench } from './sweep.js';

const V = TINY_ITEMS.length;
const checkpoint = tinyCheckpoint(12);
const sequences = sequencesOf([
  [3, 1, 4, 1, 5, 9, 2, 6, 8, 7],
  [2, 7],
  [0, 11, 10],
  [5, 5, 8, 1],
]);
const cases = casesOf(sequences);
const edit: LatentEdit = { kind: 'latent', layer: 1, feature: 3, mode: 'delta', amount: 6 };

/** Top k by the reference: of items that are not in the history. */
function referenceList({ history }: TestCase, window: number, edits: readonly LatentEdit[] = []): number[] {
  const scores = referenceForward(checkpoint, [...history.subarray(-window)], edits).logits.at(-1)!;
  return [...topK(Float32Array.from(scores), 10, (item) => history.includes(item))];
}

describe('ranking test cases', () => {
  beforeAll(() => openRuntime('wasm'));
  const plain = (lists: readonly Int32Array[]): number[][] => lists.map((list) => [...list]);

  it('scores the newest window of each history', () => {
    const scores = scoreCases(tinyModel(checkpoint), cases, sliding(8), [], (values) => [...values]);
    for (const [i, { history }] of cases.entries()) {
      expectClose(scores[i]!, referenceForward(checkpoint, [...history.subarray(-8)]).logits.at(-1)!);
    }
  });

  it('lists the best items that the history lacks, with edits and without', () => {
    const model = tinyModel(checkpoint);
    for (const edits of [[], [edit]]) {
      expect(plain(rankCases(model, cases, { window: 8, k: 10, edits }))).toEqual(
        cases.map((one) => referenceList(one, 8, edits)),
      );
    }
  });

  it('changes scores before they are ranked, if asked', () => {
    const rescore = (scores: Float32Array): void => void scores.fill(1000, 10);
    for (const list of rankCases(tinyModel(checkpoint), cases.slice(0, 2), { window: 8, k: 2, rescore }))
      expect([...list]).toEqual([10, 11]);
  });

  it('the bench of interventions gives the lists of whole forward calls, for every kind', () => {
    const model = tinyModel(checkpoint);
    const bench = new SweepBench(model, cases, { window: 8, items: V });
    const options = { window: 8, k: 10 };
    const items = Int32Array.of(0, 2, 4);
    const amount = 3;
    const std = checkpoint.weights.get('sae.scaling')!.data[1]!;
    const width = checkpoint.manifest.gptrec.width;
    const row = checkpoint.weights.get('sae.decoder')!.data.subarray(3 * width, 4 * width);
    const added: LatentEdit = { ...edit, mode: 'add' };
    const kinds: [Intervention, Int32Array[]][] = [
      [{}, rankCases(model, cases, options)],
      [{ edits: [edit] }, rankCases(model, cases, { ...options, edits: [edit] })],
      [
        { edits: [edit, { ...edit, mode: 'replace', feature: 1 }] },
        rankCases(model, cases, { ...options, edits: [edit, { ...edit, mode: 'replace', feature: 1 }] }),
      ],
      [
        { direction: Float32Array.from(row, (value) => added.amount * std * value) },
        rankCases(model, cases, { ...options, edits: [added] }),
      ],
      [
        { score: { items, amount } },
        rankCases(model, cases, { ...options, rescore: (s) => items.forEach((item) => (s[item]! += amount)) }),
      ],
      [{}, rankCases(model, cases, options)],
    ];
    for (const [intervention, lists] of kinds) {
      const point = bench.run(intervention);
      expect(plain(point.lists)).toEqual(plain(lists));
      expect(point.metrics).toEqual(rankingMetrics(lists, cases, V));
    }
    expect(plain(bench.base.lists)).toEqual(plain(rankCases(model, cases, options)));
    bench.close();
  });

  it('the bench needs an SAE', () => {
    const { gptrec, heads } = tinyModel(checkpoint);
    expect(() => new SweepBench({ gptrec, heads }, cases, { window: 8, items: V })).toThrow('need an SAE');
  });

  it('an attribute’s share is that of all listed items', () => {
    expect(attributeShare([Int32Array.of(1, 2), Int32Array.of(3), new Int32Array()], Int32Array.of(2, 3, 9))).toBe(
      2 / 3,
    );
    expect(attributeShare([], Int32Array.of(1))).toBe(0);
  });

  it('splices the SAE in at every position', () => {
    // The reference again, by hand: its stream at the SAE's block replaced by the reconstruction, then block 2 on.
    const lists = plain(splicedLists(tinyModel(checkpoint), cases, 8, 10));
    for (const [i, { history }] of cases.entries()) {
      const window = [...history.subarray(-8)];
      const stream = referenceForward(checkpoint, window).streams[1]!;
      const rebuilt = stream.map((x) => referenceDecode(checkpoint, referenceFeatures(checkpoint, x)));
      const scores = secondBlock(rebuilt);
      expect(lists[i]).toEqual([...topK(Float32Array.from(scores), 10, (item) => history.includes(item))]);
    }
  });

  it('measures the reconstruction: RMSE of normalised activations, and explained variance', () => {
    const set = readActivations(tinyModel(checkpoint), sequences, { window: 8, layer: 1, site: 'block' });
    const [mean, std] = checkpoint.weights.get('sae.scaling')!.data as unknown as [number, number];
    const d = set.width;
    const rows = Array.from(set.items, (_, n) => [...set.values.subarray(n * d, (n + 1) * d)]);
    const normal = rows.map((row) => row.map((x) => (x - mean) / std));
    const errors = rows.map((row, n) =>
      referenceDecode(checkpoint, referenceFeatures(checkpoint, row)).map((x, i) => normal[n]![i]! - (x - mean) / std),
    );
    const average = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = (matrix: number[][]): number =>
      average(
        matrix[0]!.map((_, i) => {
          const column = matrix.map((row) => row[i]!);
          return average(column.map((value) => (value - average(column)) ** 2));
        }),
      );
    const { rmse, explainedVariance } = reconstructionError(tinyModel(checkpoint).sae, set);
    expect(rmse).toBeCloseTo(Math.sqrt(average(errors.flat().map((value) => value * value))), 4);
    expect(explainedVariance).toBeCloseTo(1 - variance(errors) / variance(normal), 3);
  });

  it('leaves no tensor behind', async () => {
    const model = tinyModel(checkpoint);
    const set = readActivations(model, sequences, { window: 8, layer: 1, site: 'block' });
    const bench = (): void => {
      const made = new SweepBench(model, cases, { window: 8, items: V });
      made.run({ edits: [edit] });
      made.run({ direction: new Float32Array(checkpoint.manifest.gptrec.width) });
      made.close();
    };
    expect(await tensorsLeft(() => rankCases(model, cases, { window: 8, k: 3, edits: [edit] }))).toBe(0);
    expect(await tensorsLeft(bench)).toBe(0);
    expect(await tensorsLeft(() => splicedLists(model, cases, 8, 10))).toBe(0);
    expect(await tensorsLeft(() => reconstructionError(model.sae, set))).toBe(0);
  });
});

/** Logits of the last position when the residual stream after block 1 is this: the reference from there on. */
function secondBlock(stream: readonly (readonly number[])[]): number[] {
  // A model of one block, the second, whose embeddings are the stream: one item a position, positions all zero.
  const { weights, manifest } = checkpoint;
  const d = manifest.gptrec.width;
  const one = new Map(
    [...weights]
      .filter(([name]) => !name.startsWith('gptrec.blocks.0.'))
      .map(([name, weight]) => [name.replace('gptrec.blocks.1.', 'gptrec.blocks.0.'), weight] as const),
  );
  const zero = new Float32Array(manifest.gptrec.window * d);
  one.set('gptrec.items', { shape: [stream.length, d], data: Float32Array.from(stream.flat()) });
  one.set('gptrec.positions', { shape: [manifest.gptrec.window, d], data: zero });
  const source = { weights: one, manifest: { ...manifest, gptrec: { ...manifest.gptrec, layers: 1 } } };
  const states = referenceForward(source, [...stream.keys()], []).streams[1]!.at(-1)!;
  return finalScores(states);
}

function finalScores(state: readonly number[]): number[] {
  const [scale, shift, table] = ['gptrec.norm.scale', 'gptrec.norm.shift', 'gptrec.items'].map(
    (name) => checkpoint.weights.get(name)!.data,
  ) as [Float32Array, Float32Array, Float32Array];
  const d = state.length;
  const mean = state.reduce((sum, x) => sum + x, 0) / d;
  const deviation = Math.sqrt(state.reduce((sum, x) => sum + (x - mean) ** 2, 0) / d + 1e-5);
  const normal = state.map((x, i) => ((x - mean) / deviation) * scale[i]! + shift[i]!);
  return Array.from({ length: V }, (_, v) => normal.reduce((sum, x, i) => sum + x * table[v * d + i]!, 0));
}
