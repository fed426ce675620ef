import { join } from 'node:path';
import { existsSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import { temporaryFolder } from '../../test/builders/folder.js';
import { abortsAfter } from '../../test/builders/signal.js';
import { expectClose, tensorsLeft } from '../../test/builders/tensors.js';
import { disposeOptimised, startOptimising } from '../train/optimised.js';
import { type ActivationSet, scalarMoments } from './activation-set.js';
import { initialSae, saeLoss, saeStep, type SaeTraining, trainSae } from './sae-training.js';

const [d, m, N] = [4, 6, 30];
const SET: ActivationSet = {
  values: Float32Array.from({ length: N * d }, (_, i) => Math.sin(i * 1.7) * 3 + 1),
  items: new Int32Array(N),
  width: d,
};
const TRAINING: SaeTraining = {
  shape: { width: d, features: m, layer: 1 },
  seed: 5,
  l1: 0.1,
  loss: 'unsquared',
  batch: 8,
  steps: 60,
  warmUp: 10,
  learningRate: 0.01,
};
const never = new AbortController().signal;

const rowNorms = ({ data, shape }: WeightArray): number[] =>
  Array.from({ length: shape[0]! }, (_, j) => Math.hypot(...data.subarray(j * d, (j + 1) * d)));

describe('training the SAE', () => {
  beforeAll(() => openRuntime('wasm'));

  it('keeps the rows of the decoder at unit norm, from the first step to the last', async () => {
    for (const steps of [1, 60]) {
      const weights = await trainSae(SET, { ...TRAINING, steps }, temporaryFolder(), never);
      const norms = rowNorms(weights.get('sae.decoder')!);
      expectClose(
        norms,
        norms.map(() => 1),
        1e-5,
      );
    }
    const first = initialSae(TRAINING);
    const { data } = { data: first.decoder.dataSync<'float32'>() };
    expectClose(rowNorms({ shape: [m, d], data }), new Float32Array(m).fill(1), 1e-6);
  });

  it('takes the part along a row out of the decoder’s gradient', () => {
    const data = tf.tensor2d(SET.values, [N, d]);
    const start = initialSae(TRAINING);
    const rows = start.decoder.dataSync<'float32'>().slice();
    const { weights, moments } = saeStep(startOptimising(start), data, TRAINING);
    const decoder = Object.keys(weights).indexOf('decoder');
    const first = moments.first[decoder]!.dataSync<'float32'>();
    expect(Math.max(...first.map(Math.abs))).toBeGreaterThan(1e-3);
    for (let j = 0; j < m; j++) {
      const along = rows.subarray(j * d, (j + 1) * d).reduce((sum, value, i) => sum + value * first[j * d + i]!, 0);
      expect(Math.abs(along)).toBeLessThan(1e-6);
    }
    disposeOptimised({ weights, moments });
    data.dispose();
  });

  it('minimises the error and the L1 norm, the error squared or not', () => {
    const sae = initialSae(TRAINING);
    const [W, b, D, c] = (['encoder', 'encoderBias', 'decoder', 'decoderBias'] as const).map((name) => [
      ...sae[name].dataSync(),
    ]) as [number[], number[], number[], number[]];
    const x = [0, 1, 2].map((n) => Array.from({ length: d }, (_, i) => Math.cos(n * 3 + i)));
    const parts = x.map((row) => {
      const f = b.map((bias, j) =>
        Math.max(
          0,
          row.reduce((sum, value, i) => sum + (value - c[i]!) * W[i * m + j]!, bias),
        ),
      );
      const error = row.map((value, i) => value - f.reduce((sum, one, j) => sum + one * D[j * d + i]!, c[i]!));
      return { l1: f.reduce((sum, one) => sum + one, 0), squared: error.reduce((sum, one) => sum + one * one, 0) };
    });
    const mean = (value: (part: (typeof parts)[number]) => number): number =>
      parts.reduce((sum, part) => sum + value(part), 0) / parts.length;
    const loss = (kind: SaeTraining['loss'], l1: number): number =>
      tf.tidy(() => saeLoss(sae, tf.tensor2d(x), { l1, loss: kind }).dataSync()[0]!);
    expect(mean((part) => part.l1)).toBeGreaterThan(0.1);
    for (const l1 of [0, 0.1, 2]) {
      const sparsity = l1 * mean((part) => part.l1);
      expect(loss('unsquared', l1)).toBeCloseTo(mean((part) => Math.sqrt(part.squared)) + sparsity, 4);
      expect(loss('squared', l1)).toBeCloseTo(mean((part) => part.squared) + sparsity, 4);
    }
  });

  it('learns: the loss falls', () => {
    const { mean, std } = scalarMoments(SET.values);
    const data = tf.tensor2d(
      SET.values.map((value) => (value - mean) / std),
      [N, d],
    );
    let state = startOptimising(initialSae(TRAINING));
    const losses: number[] = [];
    for (let i = 0; i < 200; i++) {
      const { loss, ...next } = saeStep(state, data, TRAINING);
      state = next;
      losses.push(loss);
    }
    const mean20 = (from: number): number => losses.slice(from, from + 20).reduce((sum, loss) => sum + loss, 0) / 20;
    expect(mean20(180)).toBeLessThan(0.6 * mean20(0));
    disposeOptimised(state);
    data.dispose();
  });

  it('raises the learning rate over the warm-up', () => {
    const moved = (warmUp: number): number => {
      const data = tf.tensor2d(SET.values, [N, d]);
      const start = initialSae(TRAINING);
      const before = start.encoder.dataSync<'float32'>().slice();
      const { weights, moments } = saeStep(startOptimising(start), data, { ...TRAINING, warmUp });
      const most = Math.max(...weights.encoder.dataSync().map((value, i) => Math.abs(value - before[i]!)));
      disposeOptimised({ weights, moments });
      data.dispose();
      return most;
    };
    expect(moved(1)).toBeCloseTo(0.01, 5);
    expect(moved(100)).toBeCloseTo(0.0001, 6);
  });

  it('stores the mean and standard deviation of its activations, and normalises by them', async () => {
    const weights = await trainSae(SET, { ...TRAINING, steps: 3 }, temporaryFolder(), never);
    const all = [...SET.values];
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    const std = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length);
    expectClose(weights.get('sae.scaling')!.data, [mean, std], 1e-5);
    // Scaled and shifted activations give the same dictionary: everything else of it sees normalised ones.
    const other = { ...SET, values: SET.values.map((value) => value * 4 - 7) };
    const again = await trainSae(other, { ...TRAINING, steps: 3 }, temporaryFolder(), never);
    expectClose(again.get('sae.decoder')!.data, weights.get('sae.decoder')!.data, 1e-4);
  });

  it('interrupted and resumed gives the weights of an uninterrupted run, to the bit', async () => {
    const long = { ...TRAINING, steps: 1020 };
    const whole = await trainSae(SET, long, temporaryFolder(), never);
    const folder = temporaryFolder();
    await expect(trainSae(SET, long, folder, abortsAfter(1010))).rejects.toThrow('enough');
    expect(existsSync(join(folder, 'training-state.safetensors'))).toBe(true);
    // Twenty steps are left of it.
    const resumed = trainSae(SET, long, folder, abortsAfter(20));
    expect(await resumed).toEqual(whole);
  });

  it('says what it cannot do: nothing to learn from, a divergence', async () => {
    const empty = { values: new Float32Array(), items: new Int32Array(), width: d };
    await expect(trainSae(empty, TRAINING, temporaryFolder(), never)).rejects.toThrow('no activations');
    const strange = { ...SET, values: SET.values.map((value, i) => (i === 0 ? Number.NaN : value)) };
    await expect(trainSae(strange, TRAINING, temporaryFolder(), never)).rejects.toThrow('diverged: the loss is NaN');
  });

  it('leaves no tensor behind: after a training, an interrupted one, a divergence', async () => {
    expect(await tensorsLeft(() => trainSae(SET, TRAINING, temporaryFolder(), never))).toBe(0);
    const fails = (set: ActivationSet, signal: AbortSignal) => async (): Promise<void> => {
      await expect(trainSae(set, TRAINING, temporaryFolder(), signal)).rejects.toThrow();
    };
    expect(await tensorsLeft(fails(SET, abortsAfter(5)))).toBe(0);
    expect(await tensorsLeft(fails({ ...SET, values: SET.values.fill(Number.NaN, 0, 1).slice() }, never))).toBe(0);
  });
});
