import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime, type RuntimeName } from '../../src/adapters/tfjs/runtime.js';
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import { temporaryFolder } from '../../test/builders/folder.js';
import { abortsAfter } from '../../test/builders/signal.js';
import { expectClose, isNativeMissing, tensorsLeft } from '../../test/builders/tensors.js';
import { disposeOptimised } from '../train/optimised.js';
import { type ActivationSet, scalarMoments } from './activation-set.js';
import { measureCoding } from './coding.js';
import { type DictionarySettings, SAE_KINDS, type Schedule } from './dictionary.js';
import { dictionariesOf, type Grid } from './grid.js';
import { batchRows, saeStep, startSae } from './sae-step.js';
import { type TrainedDictionary, trainDictionaries } from './training.js';

const [d, m, N] = [4, 6, 30];
const SET: ActivationSet = {
  values: Float32Array.from({ length: N * d }, (_, i) => Math.sin(i * 1.7) * 3 + 1),
  items: new Int32Array(N),
  width: d,
};
const SCHEDULE: Schedule = { seed: 5, batch: 8, steps: 60, warmUp: 10, learningRate: 0.01, deadAfter: 100 };
const GRID: Grid = { kind: ['l1'], layer: [1], site: ['block'], features: [m], l1: [0.1], loss: 'unsquared', k: [2] };
const ALL = dictionariesOf({ ...GRID, kind: SAE_KINDS });
const [L1] = dictionariesOf(GRID) as [DictionarySettings];
const never = new AbortController().signal;

interface Training {
  readonly schedule?: Partial<Schedule>;
  readonly set?: ActivationSet;
  readonly folder?: string;
  readonly signal?: AbortSignal;
}

function train(dictionaries: readonly DictionarySettings[], given: Training = {}): Promise<TrainedDictionary[]> {
  const { schedule, set = SET, folder = temporaryFolder(), signal = never } = given;
  return trainDictionaries(() => set, dictionaries, { ...SCHEDULE, ...schedule }, folder, signal);
}

async function trainOne(settings: DictionarySettings, given?: Training): Promise<TrainedDictionary> {
  const [one] = await train([settings], given);
  return one!;
}

const rowNorms = ({ data, shape }: WeightArray): number[] =>
  Array.from({ length: shape[0]! }, (_, j) => Math.hypot(...data.subarray(j * d, (j + 1) * d)));

/** A batch as the first step sees it. */
const firstBatch = (): tf.Tensor2D =>
  tf.tidy(() => tf.gather(tf.tensor2d(SET.values, [N, d]), batchRows(SCHEDULE, 1, N)));

describe('training dictionaries', () => {
  beforeAll(() => openRuntime('wasm'));

  it('keeps the rows of the decoder at unit norm, from the first step to the last, of every kind', async () => {
    for (const steps of [1, 60]) {
      for (const { weights } of await train(ALL, { schedule: { steps } })) {
        expectClose(rowNorms(weights.get('sae.decoder')!), new Float32Array(m).fill(1), 1e-5);
      }
    }
  });

  it('begins with unit directions, and an encoder that is unrelated or their transpose', () => {
    const values = (kind: 'l1' | 'topk'): { encoder: Float32Array; decoder: Float32Array } => {
      const [settings] = dictionariesOf({ ...GRID, kind: [kind] });
      const state = startSae(settings!, d, 5);
      const [encoder, decoder] = [state.weights.encoder, state.weights.decoder].map((t) =>
        t.dataSync<'float32'>().slice(),
      );
      disposeOptimised(state);
      return { encoder: encoder!, decoder: decoder! };
    };
    const [l1, topk] = [values('l1'), values('topk')];
    expectClose(rowNorms({ shape: [m, d], data: l1.decoder }), new Float32Array(m).fill(1), 1e-6);
    expect(topk.decoder).toEqual(l1.decoder);
    const transpose = Float32Array.from(topk.decoder, (_, i) => topk.decoder[(i % m) * d + Math.floor(i / m)]!);
    expect(topk.encoder).toEqual(transpose);
    expect(Math.max(...l1.encoder.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(d));
  });

  it('takes the part along a row out of the decoder’s gradient', () => {
    const x = firstBatch();
    const start = startSae(L1, d, SCHEDULE.seed);
    const rows = start.weights.decoder.dataSync<'float32'>().slice();
    const state = saeStep(start, x, L1, SCHEDULE);
    const decoder = Object.keys(state.weights).indexOf('decoder');
    const first = state.moments.first[decoder]!.dataSync<'float32'>();
    expect(Math.max(...first.map(Math.abs))).toBeGreaterThan(1e-3);
    for (let j = 0; j < m; j++) {
      const along = rows.subarray(j * d, (j + 1) * d).reduce((sum, value, i) => sum + value * first[j * d + i]!, 0);
      expect(Math.abs(along)).toBeLessThan(1e-6);
    }
    disposeOptimised(state);
    x.dispose();
  });

  it('learns: every kind explains most of what it is trained on', async () => {
    const dictionaries = dictionariesOf({ ...GRID, kind: SAE_KINDS, features: [16], k: [3] });
    const trained = await train(dictionaries, { schedule: { steps: 400 } });
    for (const { shape, weights } of trained)
      expect(measureCoding(shape, weights, SET).explainedVariance).toBeGreaterThan(0.8);
  });

  it('raises the learning rate over the warm-up', () => {
    const moved = (warmUp: number): number => {
      const x = firstBatch();
      const start = startSae(L1, d, SCHEDULE.seed);
      const before = start.weights.encoder.dataSync<'float32'>().slice();
      const state = saeStep(start, x, L1, { ...SCHEDULE, warmUp });
      const most = Math.max(...state.weights.encoder.dataSync().map((value, i) => Math.abs(value - before[i]!)));
      disposeOptimised(state);
      x.dispose();
      return most;
    };
    expect(moved(1)).toBeCloseTo(0.01, 5);
    expect(moved(100)).toBeCloseTo(0.0001, 6);
  });

  it('stores the mean and standard deviation of its activations, and normalises by them', async () => {
    const { weights } = await trainOne(L1, { schedule: { steps: 3 } });
    const { mean, std } = scalarMoments(SET.values);
    expectClose(weights.get('sae.scaling')!.data, [mean, std], 1e-5);
    // Scaled and shifted activations give the same dictionary: everything else of it sees normalised ones.
    const other = { ...SET, values: SET.values.map((value) => value * 4 - 7) };
    const again = await trainOne(L1, { schedule: { steps: 3 }, set: other });
    expectClose(again.weights.get('sae.decoder')!.data, weights.get('sae.decoder')!.data, 1e-4);
  });

  it('gives each dictionary the weights that it gets alone, and the same seed the same', async () => {
    const together = await train(ALL);
    for (const [i, settings] of ALL.entries()) expect(await trainOne(settings)).toEqual(together[i]);
    const other = await trainOne(L1, { schedule: { seed: 6 } });
    expect(other.weights.get('sae.decoder')).not.toEqual(together[0]!.weights.get('sae.decoder'));
  });

  it('trains each on the activations of its own place', async () => {
    const shifted = { ...SET, values: SET.values.map((value) => 2 * value + 3) };
    const dictionaries = dictionariesOf({ ...GRID, layer: [1, 2], site: ['block', 'mlp'] });
    const trained = await trainDictionaries(
      ({ layer, site }) => (layer === 2 && site === 'mlp' ? shifted : SET),
      dictionaries,
      { ...SCHEDULE, steps: 2 },
      temporaryFolder(),
      never,
    );
    expect(trained.map(({ shape }) => `${shape.site} ${shape.layer}`)).toEqual([
      'block 1',
      'mlp 1',
      'block 2',
      'mlp 2',
    ]);
    const means = trained.map(({ weights }) => weights.get('sae.scaling')!.data[0]!);
    expect(new Set(means.slice(0, 3)).size).toBe(1);
    expect(means[3]).toBeCloseTo(2 * means[0]! + 3, 4);
  });

  it('serves each kind as the engine can', async () => {
    const served = (await train(ALL)).map(({ shape, weights }) => [
      shape.activation.kind,
      weights.has('sae.threshold'),
    ]);
    expect(served).toEqual([
      ['relu', false],
      ['topk', false],
      ['threshold', true],
      ['threshold', true],
      ['threshold', true],
    ]);
  });

  it('resumes dictionaries that were saved at different steps', async () => {
    const all = dictionariesOf({ ...GRID, kind: ['l1', 'topk'] });
    const schedule = { steps: 220 };
    const whole = await train(all, { schedule });
    const folder = temporaryFolder();
    await expect(train(all.slice(1), { schedule, folder, signal: abortsAfter(210) })).rejects.toThrow('enough');
    expect(await train(all, { schedule, folder })).toEqual(whole);
  });

  it('says what it cannot do: nothing to learn from, a divergence', async () => {
    const empty = { values: new Float32Array(), items: new Int32Array(), width: d };
    await expect(trainOne(L1, { set: empty })).rejects.toThrow('no activations');
    const set = { ...SET, values: SET.values.map((value, i) => (i === 0 ? Number.NaN : value)) };
    await expect(trainOne(L1, { set })).rejects.toThrow('diverged: the loss is NaN');
  });
});

const runtimes: readonly (readonly [RuntimeName, string, boolean])[] = [
  ['wasm', 'WebAssembly', false],
  ['tensorflow', 'native TensorFlow (skipped where `npm run native` has not been run)', isNativeMissing],
];

describe.each(runtimes)('training dictionaries, on %s: %s', (name, _, isMissing) => {
  const test = it.skipIf(isMissing);
  beforeAll(async () => {
    if (!isMissing) await openRuntime(name);
  });

  test('interrupted and resumed gives the weights of an uninterrupted run, to the bit, of every kind', async () => {
    // Revival is on, so that the counts of idle features must be kept too.
    const all = dictionariesOf({ ...GRID, kind: SAE_KINDS, revive: 0.1 });
    const schedule = { steps: 220 };
    const whole = await train(all, { schedule });
    const folder = temporaryFolder();
    await expect(train(all, { schedule, folder, signal: abortsAfter(210) })).rejects.toThrow('enough');
    for (const { name } of all) expect(existsSync(join(folder, `${name}.training-state.safetensors`))).toBe(true);
    // Twenty steps are left of it.
    expect(await train(all, { schedule, folder, signal: abortsAfter(20) })).toEqual(whole);
  });

  test('leaves no tensor behind: after an epoch of every kind, an interrupted one, a divergence', async () => {
    const all = dictionariesOf({ ...GRID, kind: SAE_KINDS, revive: 0.1 });
    expect(await tensorsLeft(() => train(all))).toBe(0);
    const fails = (given: Training) => async (): Promise<void> => {
      await expect(train(all, given)).rejects.toThrow();
    };
    expect(await tensorsLeft(fails({ signal: abortsAfter(5) }))).toBe(0);
    const set = { ...SET, values: SET.values.map((value, i) => (i === 0 ? Number.NaN : value)) };
    expect(await tensorsLeft(fails({ set }))).toBe(0);
  });
});
