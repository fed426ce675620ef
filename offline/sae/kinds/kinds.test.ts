/** Each kind of dictionary against numbers that numpy computed from its equation, and against differences of its loss. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, isNativeMissing, tensorsLeft, valuesOf } from '../../../test/builders/tensors.js';
import { openRuntime, type RuntimeName } from '../../../src/adapters/tfjs/runtime.js';
import { tensorsOf, withTensors } from '../../train/optimised.js';
import type { Recipe, Sparsity, Trained } from '../dictionary.js';
import { recipeOf } from '../recipes.js';
import { revivalLoss } from '../revival.js';
import { batchTopKActivation } from './batch-top-k.js';
import { jumpRelu } from './jump-relu.js';
import { prefixSizes } from './matryoshka.js';

const [N, d, m] = [4, 3, 6];
const wave = (count: number, phase: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(i * 1.3 + phase));
const unitRows = (values: number[]): number[] =>
  values.map((value, i) => value / Math.hypot(...values.slice(i - (i % d), i - (i % d) + d)));
const X = wave(N * d, 0.2).map((value) => value * 1.5);
const THETA = 0.5;

const weightsOf = (recipe: Recipe): Trained => ({
  encoder: tf.tensor2d(wave(d * m, 1.1), [d, m]),
  encoderBias: tf.tensor1d(wave(m, 2.3).map((value) => value * 0.3)),
  decoder: tf.tensor2d(unitRows(wave(m * d, 0.7)), [m, d]),
  decoderBias: tf.tensor1d(wave(d, 3.1).map((value) => value * 0.2)),
  ...(recipe.threshold !== undefined && { logThreshold: tf.fill([m], Math.log(THETA)) }),
});

function coded(sparsity: Sparsity, progress = 1): { loss: number; active: number[] } {
  return tf.tidy(() => {
    const recipe = recipeOf(sparsity);
    const { loss, features } = recipe.code(weightsOf(recipe), tf.tensor2d(X, [N, d]), progress);
    return { loss: loss.dataSync()[0]!, active: [...features.greater(0).toFloat().sum(1).dataSync()] };
  });
}

/** The weights, the same inputs and the equations of each file's header, by numpy in double precision. */
const NUMPY: readonly (readonly [Sparsity, number, readonly number[]])[] = [
  [{ kind: 'l1', l1: 0.1, loss: 'unsquared' }, 2.3668787768618005, [4, 2, 4, 2]],
  [{ kind: 'l1', l1: 0.1, loss: 'squared' }, 4.930266000937386, [4, 2, 4, 2]],
  [{ kind: 'topk', k: 2 }, 7.8354613708728955, [2, 2, 2, 2]],
  [{ kind: 'batch-topk', k: 2 }, 7.352004585791109, [1, 2, 3, 2]],
  [{ kind: 'matryoshka', k: 2 }, 5.567653294195132, [1, 2, 3, 2]],
  [{ kind: 'jumprelu', k: 2 }, 5.111160897580087, [3, 2, 4, 2]],
];

const runtimes: readonly (readonly [RuntimeName, string, boolean])[] = [
  ['wasm', 'WebAssembly', false],
  ['tensorflow', 'native TensorFlow (skipped where `npm run native` has not been run)', isNativeMissing],
];

describe.each(runtimes)('the kinds of dictionaries, on %s: %s', (name, _, isMissing) => {
  const test = it.skipIf(isMissing);
  beforeAll(async () => {
    if (!isMissing) await openRuntime(name);
  });

  for (const [sparsity, loss, active] of NUMPY) {
    const what = sparsity.kind === 'l1' ? `l1, ${sparsity.loss}` : sparsity.kind;
    test(`${what}: loss and active features are those of its equation`, () => {
      const found = coded(sparsity);
      expect(found.loss).toBeCloseTo(loss, 4);
      expect(found.active).toEqual(active);
    });

    test(`${what}: the gradient of every weight is that of its loss, but for jumps`, () => {
      const recipe = recipeOf(sparsity);
      const at = (weights: Trained): tf.Scalar => recipe.code(weights, tf.tensor2d(X, [N, d]), 1).loss;
      const names = ['encoder', 'encoderBias', 'decoder', 'decoderBias'] as const;
      tf.tidy(() => {
        const weights = weightsOf(recipe);
        const { grads } = tf.valueAndGrads((...leaf: Tensor[]) => at(withTensors(weights, leaf)))(tensorsOf(weights));
        for (const [i, weight] of names.entries()) {
          const values = [...weights[weight].dataSync()];
          const differences = values.map((__, j) => {
            const moved = (by: number): number =>
              at({
                ...weights,
                [weight]: tf.tensor(values.with(j, values[j]! + by), weights[weight].shape),
              }).dataSync()[0]!;
            return (moved(2e-3) - moved(-2e-3)) / 4e-3;
          });
          expect(Math.max(...differences.map(Math.abs))).toBeGreaterThan(0.01);
          expectClose(grads[i]!.dataSync(), differences, 0.02);
        }
      });
    });

    test(`${what}: leaves no tensor behind`, async () => {
      expect(await tensorsLeft(() => coded(sparsity))).toBe(0);
    });
  }

  test('JumpReLU raises the weight of its sparsity over the first fifth of the training', () => {
    const squaredError = 4.689285897580087;
    const sparsity = 0.140625;
    for (const [progress, weight] of [
      [0, 0],
      [0.1, 0.5],
      [0.2, 1],
      [0.9, 1],
    ] as const)
      expect(coded({ kind: 'jumprelu', k: 2 }, progress).loss).toBeCloseTo(squaredError + d * weight * sparsity, 4);
  });

  test('JumpReLU’s thresholds learn from what lies within half of epsilon, by its pseudo-derivatives', () => {
    const z = [0.58, 0.42, 0.62, 0.38, 2, -1];
    const [epsilon, near] = [0.2, [1, 1, 0, 0, 0, 0]];
    /** Of `part` times the sum of f, and of `pull` times the number of those that are open. */
    const gradients = (part: number, pull: number): [number[], number[]] =>
      tf.tidy(() => {
        const sum = (a: Tensor, b: Tensor): tf.Scalar =>
          jumpRelu(a as Tensor2D, b as Tensor1D, () => tf.scalar(pull))
            .mul<tf.Scalar>(part)
            .sum();
        const grads = tf.grads(sum)([tf.tensor2d(z, [1, 6]), tf.fill([6], THETA)]);
        return grads.map((g) => [...g.dataSync()]) as [number[], number[]];
      });
    for (const [part, pull] of [
      [1, 0],
      [0, 1],
      [2, -3],
    ] as const) {
      const [ofZ, ofTheta] = gradients(part, pull);
      expect(ofZ.map((value) => value + 0)).toEqual([part, 0, part, 0, part, 0]);
      expectClose(
        ofTheta,
        near.map((one) => ((-THETA * part - pull) / epsilon) * one),
        1e-3,
      );
    }
  });

  test('BatchTopK keeps as many of a batch as k of each would be, equals of the last too', () => {
    const z = [
      [5, 4, 3, 0.5],
      [1, -1, -2, -3],
    ];
    const kept = (k: number): number[] => valuesOf(tf.tidy(() => batchTopKActivation(tf.tensor2d(z), k).add(0)));
    expect(kept(1)).toEqual([5, 4, 0, 0, 0, 0, 0, 0]);
    expect(kept(2)).toEqual([5, 4, 3, 0, 1, 0, 0, 0]);
    expect(kept(4)).toEqual([5, 4, 3, 0.5, 1, 0, 0, 0]);
  });

  test('serve as the engine can: ReLU, the k greatest, or above a threshold', () => {
    const served = (sparsity: Sparsity, batches: number[][][]): ReturnType<Recipe['serve']> => {
      const recipe = recipeOf(sparsity);
      return tf.tidy(() => recipe.serve(weightsOf(recipe), () => batches.map((rows) => tf.tensor2d(rows))));
    };
    const rows = Array.from({ length: N }, (__, i) => X.slice(i * d, (i + 1) * d));
    expect(served({ kind: 'l1', l1: 1, loss: 'squared' }, [])).toEqual({ activation: { kind: 'relu' } });
    expect(served({ kind: 'topk', k: 3 }, [])).toEqual({ activation: { kind: 'topk', k: 3 } });
    // The least that is kept of the batch of four, by numpy; and of the first row alone the second greatest.
    const first = 0.8140375;
    for (const kind of ['batch-topk', 'matryoshka'] as const) {
      const { activation, threshold } = served({ kind, k: 2 }, [rows, rows.slice(0, 1)]);
      expect(activation).toEqual({ kind: 'threshold' });
      expectClose(threshold!, new Array<number>(m).fill((1.4810256890453644 + first) / 2), 1e-5);
    }
    expectClose(served({ kind: 'jumprelu', k: 2 }, []).threshold!, new Array<number>(m).fill(THETA), 1e-6);
  });

  test('Matryoshka nests prefixes, each twice the one before, up to the whole dictionary', () => {
    expect(prefixSizes(2048)).toEqual([128, 256, 512, 1024, 2048]);
    expect(prefixSizes(6)).toEqual([1, 3, 6]);
    expect(prefixSizes(1)).toEqual([1]);
  });

  test('AuxK lets the dead alone model what is left over, and teaches no one else', () => {
    const recipe = recipeOf({ kind: 'topk', k: 2 });
    const idle = Float32Array.of(0, 100, 99, 0, 100, 0);
    tf.tidy(() => {
      const weights = weightsOf(recipe);
      const x = tf.tensor2d(X, [N, d]);
      const loss = (now: Trained, counts: Float32Array): tf.Scalar | undefined =>
        revivalLoss(now, x, recipe.code(now, x, 1), counts, 100);
      expect(loss(weights, new Float32Array(m).fill(99))).toBeUndefined();
      const { value, grads } = tf.valueAndGrads((...leaf: Tensor[]) => loss(withTensors(weights, leaf), idle)!)(
        tensorsOf(weights),
      );
      // By numpy: k_aux is floor(3 / 2) = 1.
      expect(value.dataSync()[0]).toBeCloseTo(10.756827956480098, 4);
      const decoder = grads[2]!.abs().sum(1).dataSync();
      for (const j of [0, 2, 3, 5]) expect(decoder[j]).toBe(0);
      for (const j of [1, 4]) expect(decoder[j]).toBeGreaterThan(0.1);
      const encoderBias = [...grads[1]!.dataSync()].map((value_) => value_ !== 0);
      expect(encoderBias).toEqual([false, true, false, false, true, false]);
    });
  });
});
