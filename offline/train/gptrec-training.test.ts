import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime, type RuntimeName } from '../../src/adapters/tfjs/runtime.js';
import { leaves, type Tree } from '../../src/model/tree.js';
import { temporaryFolder } from '../../test/builders/folder.js';
import { abortsAfter } from '../../test/builders/signal.js';
import { circleSplit } from '../../test/builders/split.js';
import { isNativeMissing, tensorsLeft } from '../../test/builders/tensors.js';
import { trainingBatch } from './batches.js';
import { createDropouts } from './dropout.js';
import { type GptRecTraining, trainGptRec, trainingStep } from './gptrec-training.js';
import { initialGptRec } from './initialise.js';
import { disposeOptimised, startOptimising } from './optimised.js';
import { loadTrainingState } from './training-state.js';

const SHAPE = { items: 12, width: 8, heads: 2, layers: 1, window: 6 };
const TRAINING: GptRecTraining = {
  shape: SHAPE,
  seed: 3,
  batch: 4,
  epochs: 4,
  patience: 10,
  learningRate: 0.01,
  dropout: 0.1,
};
const split = circleSplit();
const never = new AbortController().signal;

const runtimes: readonly (readonly [RuntimeName, string, boolean])[] = [
  ['wasm', 'WebAssembly', false],
  ['tensorflow', 'native TensorFlow (skipped where `npm run native` has not been run)', isNativeMissing],
];

describe.each(runtimes)('training GPTRec, on %s: %s', (name, _, isMissing) => {
  const test = it.skipIf(isMissing);
  beforeAll(async () => {
    if (!isMissing) await openRuntime(name);
  });

  test('learns what comes next: the loss falls, the validation gain rises', async () => {
    const { history, best, weights } = await trainGptRec(
      split,
      { ...TRAINING, epochs: 25, dropout: 0 },
      temporaryFolder(),
      never,
    );
    expect(history[0]!.loss).toBeCloseTo(Math.log(12), 1);
    expect(history.at(-1)!.loss).toBeLessThan(0.5 * history[0]!.loss);
    expect(best.ndcg).toBeGreaterThan(history[0]!.ndcg);
    expect(weights.get('gptrec.items')!.shape).toEqual([12, 8]);
    expect(history.map(({ tokens }) => tokens)).toEqual(history.map(() => 12 * 6));
  });

  test('interrupted and resumed gives the weights of an uninterrupted run, to the bit', async () => {
    const whole = await trainGptRec(split, TRAINING, temporaryFolder(), never);
    const folder = temporaryFolder();
    // Three steps an epoch: inside the third one.
    await expect(trainGptRec(split, TRAINING, folder, abortsAfter(8))).rejects.toThrow('enough');
    const saved = await loadTrainingState(join(folder, 'training-state.safetensors'), SHAPE);
    expect(saved?.history).toHaveLength(2);
    disposeOptimised(saved!);
    const resumed = await trainGptRec(split, TRAINING, folder, never);
    const plain = ({ history }: typeof whole) => history.map(({ seconds: _, ...rest }) => rest);
    expect(plain(resumed)).toEqual(plain(whole));
    expect(resumed.weights).toEqual(whole.weights);
  });

  test('stops when the validation no longer improves, and keeps the weights of the best epoch', async () => {
    const folder = temporaryFolder();
    // So slow that no list changes: the first epoch stays the best.
    const slow = { ...TRAINING, learningRate: 1e-9, epochs: 50, patience: 3 };
    const { history, best, weights } = await trainGptRec(split, slow, folder, never);
    expect([best.epoch, history.length]).toEqual([1, 4]);
    const one = await trainGptRec(split, { ...slow, epochs: 1 }, temporaryFolder(), never);
    expect(weights).toEqual(one.weights);
    const state = await loadTrainingState(join(folder, 'training-state.safetensors'), SHAPE);
    expect(state!.best).toEqual(weights);
    expect(state!.weights.items.dataSync()).not.toEqual(weights.get('gptrec.items')!.data);
    disposeOptimised(state!);
  });

  test('is the same for the same seed, and another for another', async () => {
    const run = async (seed: number) =>
      (await trainGptRec(split, { ...TRAINING, seed, epochs: 1 }, temporaryFolder(), never)).weights;
    const first = await run(3);
    expect(await run(3)).toEqual(first);
    expect(await run(4)).not.toEqual(first);
  });

  test('says that it diverged instead of going on', () => {
    const state = startOptimising(initialGptRec(SHAPE, 1));
    const batch = trainingBatch(split.train, Int32Array.of(0, 1), 6);
    const step = { shape: SHAPE, learningRate: 0.01 };
    const explode = (x: tf.Tensor): tf.Tensor => x.mul(Number.NaN);
    expect(() => trainingStep(state, batch, step, explode)).toThrow('training diverged: the loss is NaN; lower');
  });

  test('leaves no tensor behind: after a step, a training, an interrupted one, a divergence', async () => {
    const batch = trainingBatch(split.train, Int32Array.of(0, 1), 6);
    const step = { shape: SHAPE, learningRate: 0.01 };
    const oneStep = (): void => {
      const state = startOptimising(initialGptRec(SHAPE, 1));
      disposeOptimised(trainingStep(state, batch, step, createDropouts(0.1)(1)));
    };
    expect(await tensorsLeft(oneStep)).toBe(0);
    expect(await tensorsLeft(() => trainGptRec(split, { ...TRAINING, epochs: 1 }, temporaryFolder(), never))).toBe(0);
    const interrupted = async (): Promise<void> => {
      await expect(trainGptRec(split, TRAINING, temporaryFolder(), abortsAfter(2))).rejects.toThrow('enough');
    };
    expect(await tensorsLeft(interrupted)).toBe(0);
    const diverged = (): void => {
      const state = startOptimising(initialGptRec(SHAPE, 1));
      expect(() => trainingStep(state, batch, step, (x) => x.mul(Number.NaN))).toThrow('diverged');
    };
    expect(await tensorsLeft(diverged)).toBe(0);
  });

  test('begins as GPT-2 does: scales 1, shifts and biases 0, the rest of deviation .02; the same for a seed', () => {
    const weights = initialGptRec({ ...SHAPE, items: 200, width: 32 }, 5);
    const all = leaves(weights as unknown as Tree<tf.Tensor>).map(
      ([name, t]) => [name, t.dataSync<'float32'>()] as const,
    );
    for (const [name, values] of all) {
      if (name.endsWith('.scale')) expect(values.every((value) => value === 1)).toBe(true);
      else if (/\.(shift|bias)$/.test(name)) expect(values.every((value) => value === 0)).toBe(true);
      else
        expect(Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)).toBeCloseTo(0.02, 2);
    }
    expect(initialGptRec(SHAPE, 5).items.dataSync()).toEqual(initialGptRec(SHAPE, 5).items.dataSync());
    expect(initialGptRec(SHAPE, 6).items.dataSync()).not.toEqual(initialGptRec(SHAPE, 5).items.dataSync());
  });

  test('writes its state whole after every epoch', async () => {
    const folder = temporaryFolder();
    await trainGptRec(split, { ...TRAINING, epochs: 1 }, folder, never);
    expect(readFileSync(join(folder, 'training-state.safetensors')).length).toBeGreaterThan(1000);
    expect(await loadTrainingState(join(folder, 'nothing'), SHAPE)).toBeUndefined();
  });
});
