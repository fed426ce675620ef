import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/checkpoint/safetensors.js';
import { openRuntime, type RuntimeName } from '../../src/adapters/tfjs/runtime.js';
import { leaves, type Tree } from '../../src/model/tree.js';
import { disposeTensors, saveTensors } from '../../src/model/weights.js';
import { temporaryFolder } from '../../test/builders/folder.js';
import { abortsAfter } from '../../test/builders/signal.js';
import { circleSplit, sequencesOf } from '../../test/builders/split.js';
import { isNativeMissing, tensorsLeft } from '../../test/builders/tensors.js';
import { trainingBatch, trainingParts } from './batches.js';
import { createDropouts } from './dropout.js';
import { type GptRecTraining, PAPER_TRAINING, trainGptRec, trainingStep } from './gptrec-training.js';
import { initialGptRec } from './initialise.js';
import { disposeOptimised, startOptimising } from './optimised.js';
import { loadTrainingState } from './training-state.js';

const SHAPE = { items: 12, width: 8, heads: 2, layers: 1, window: 6 };
const TRAINING: GptRecTraining = {
  ...PAPER_TRAINING,
  shape: SHAPE,
  seed: 3,
  batch: 4,
  epochs: 4,
  patience: 10,
  learningRate: 0.01,
  dropout: 0.1,
};
const split = circleSplit();
const walk = (start: number, length: number): number[] => Array.from({ length }, (_, t) => (start * 3 + t) % 12);
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

  test.each([
    ['as in the paper', {}],
    [
      'with everything else on',
      {
        warmUp: 2,
        schedule: 'cosine',
        weightDecay: 0.1,
        windows: 'random',
        average: 0.9,
        shape: { ...SHAPE, window: 4 },
      },
    ],
  ] as const)(
    'interrupted and resumed gives the weights of an uninterrupted run, to the bit: %s',
    async (_, options) => {
      const training = { ...TRAINING, ...options };
      const [wholeFolder, folder] = [temporaryFolder(), temporaryFolder()];
      const whole = await trainGptRec(split, training, wholeFolder, never);
      // Three steps an epoch: inside the third one.
      await expect(trainGptRec(split, training, folder, abortsAfter(8))).rejects.toThrow('enough');
      const saved = await loadTrainingState(join(folder, 'training-state.safetensors'), training.shape);
      expect(saved?.history).toHaveLength(2);
      disposeOptimised(saved!);
      const resumed = await trainGptRec(split, training, folder, never);
      const plain = ({ history }: typeof whole) => history.map(({ seconds: _, ...rest }) => rest);
      expect(plain(resumed)).toEqual(plain(whole));
      expect(resumed.weights).toEqual(whole.weights);
      // The last weights, moments and average too, of which the best epoch says nothing.
      const left = (of: string) => readSafetensors(readFileSync(join(of, 'training-state.safetensors'))).weights;
      expect(left(folder)).toEqual(left(wholeFolder));
    },
  );

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

  test('makes the same step of a batch in parts as of one whole', () => {
    // Windows of 1 to 30 items, in two rectangles and in one.
    const length = (user: number): number => 1 + ((user * 7) % 30);
    const sequences = sequencesOf(Array.from({ length: 40 }, (_, user) => walk(user, length(user) + 1)));
    const users = [...sequences.users.keys()];
    const batchOf = (some: readonly number[], window: number) =>
      trainingBatch(sequences, Int32Array.from(some), window);
    const shape = { ...SHAPE, window: 31 };
    const step = { shape, learningRate: 0.01 };
    const stepOn = (parts: ReturnType<typeof trainingParts>) => {
      const state = trainingStep(startOptimising(initialGptRec(shape, 1)), parts, step, (x) => x);
      const values = saveTensors(state.weights, 'gptrec');
      disposeOptimised(state);
      return { ...state, values };
    };
    const long = users.filter((user) => length(user) > 12);
    const short = users.filter((user) => length(user) <= 12);
    const [inParts, whole] = [stepOn([batchOf(long, 30), batchOf(short, 12)]), stepOn([batchOf(users, 31)])];
    expect(inParts.tokens).toBe(whole.tokens);
    expect(inParts.loss).toBeCloseTo(whole.loss, 5);
    // Adam's first step is the sign of the gradient, whose rounding shows where it is nearly 0.
    const near = [...whole.values].flatMap(([name, { data }]) =>
      [...data].map((value, i) => Math.abs(value - (inParts.values.get(name)?.data[i] ?? Number.NaN)) < 1e-4),
    );
    expect(near.filter((isNear) => isNear).length / near.length).toBeGreaterThan(0.99);
  });

  test.each([
    { warmUp: 5 },
    { schedule: 'cosine' },
    { weightDecay: 0.5 },
    { windows: 'random' },
    { average: 0.5 },
  ] as const)('trains otherwise with %j', async (lever) => {
    const training = { ...TRAINING, epochs: 1, shape: { ...SHAPE, window: 4 } };
    const run = async (options: object) =>
      (await trainGptRec(split, { ...training, ...options }, temporaryFolder(), never)).weights;
    expect(await run(lever)).not.toEqual(await run({}));
  });

  test('keeps the average of the weights where one is asked for, which is not the weights', async () => {
    const folder = temporaryFolder();
    const training = { ...TRAINING, epochs: 2, average: 0.9 };
    const { weights } = await trainGptRec(split, training, folder, never);
    const plain = await trainGptRec(split, { ...training, average: 0 }, temporaryFolder(), never);
    expect(weights).not.toEqual(plain.weights);
    const state = await loadTrainingState(join(folder, 'training-state.safetensors'), SHAPE);
    const [now, average] = [state!.weights.items, state!.average!.items].map((t) => [...t.dataSync<'float32'>()]);
    expect(average).not.toEqual(now);
    expect(average!.every((value, i) => Math.abs(value - now![i]!) < 0.1)).toBe(true);
    disposeOptimised(state!);
    disposeTensors(state!.average!);
  });

  test('takes other windows of long users in each epoch where it is told to, and the newest else', async () => {
    const spread = async (windows: 'newest' | 'random') => {
      // At a rate of 0 the weights stay, so that the loss depends on the windows alone.
      const still = { ...TRAINING, learningRate: 0, dropout: 0, epochs: 3, windows, shape: { ...SHAPE, window: 3 } };
      const { history } = await trainGptRec(split, still, temporaryFolder(), never);
      const losses = history.map(({ loss }) => loss);
      return Math.max(...losses) - Math.min(...losses);
    };
    expect(await spread('newest')).toBeLessThan(1e-6);
    expect(await spread('random')).toBeGreaterThan(1e-5);
  });

  test('says that it diverged instead of going on', () => {
    const state = startOptimising(initialGptRec(SHAPE, 1));
    const parts = trainingParts(split.train, Int32Array.of(0, 1), 6);
    const step = { shape: SHAPE, learningRate: 0.01 };
    const explode = (x: tf.Tensor): tf.Tensor => x.mul(Number.NaN);
    expect(() => trainingStep(state, parts, step, explode)).toThrow('training diverged: the loss is NaN; lower');
  });

  test('leaves no tensor behind: after a step, a training, an interrupted one, a divergence', async () => {
    const parts = trainingParts(split.train, Int32Array.of(0, 1), 6);
    const step = { shape: SHAPE, learningRate: 0.01 };
    const oneStep = (): void => {
      const state = startOptimising(initialGptRec(SHAPE, 1));
      disposeOptimised(trainingStep(state, parts, step, createDropouts(0.1)(1)));
    };
    expect(await tensorsLeft(oneStep)).toBe(0);
    const levers = { ...TRAINING, epochs: 1, average: 0.9, weightDecay: 0.1, windows: 'random' } as const;
    for (const training of [{ ...TRAINING, epochs: 1 }, levers])
      expect(await tensorsLeft(() => trainGptRec(split, training, temporaryFolder(), never))).toBe(0);
    const interrupted = async (): Promise<void> => {
      await expect(trainGptRec(split, levers, temporaryFolder(), abortsAfter(2))).rejects.toThrow('enough');
    };
    expect(await tensorsLeft(interrupted)).toBe(0);
    const diverged = (): void => {
      const state = startOptimising(initialGptRec(SHAPE, 1));
      expect(() => trainingStep(state, parts, step, (x) => x.mul(Number.NaN))).toThrow('diverged');
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
