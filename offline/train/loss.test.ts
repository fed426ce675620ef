import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime, type RuntimeName } from '../../src/adapters/tfjs/runtime.js';
import { expectClose, isNativeMissing, tensorsLeft } from '../../test/builders/tensors.js';
import { itemCrossEntropy } from './loss.js';

const [N, V, d] = [5, 7, 3];
const STATES = Array.from({ length: N }, (_, n) => Array.from({ length: d }, (__, i) => Math.sin(n * 2.1 + i) * 2));
const ITEMS = Array.from({ length: V }, (_, v) => Array.from({ length: d }, (__, i) => Math.cos(v * 1.3 + i * 2)));
const TARGETS = [3, 0, 6, 3, 1];

/** Value and gradients from the definition; the states are `size` times as large. */
function reference(scale = 1, size = 1) {
  const ofStates = STATES.map(() => ITEMS[0]!.map(() => 0));
  const ofItems = ITEMS.map((row) => row.map(() => 0));
  let loss = 0;
  for (const [n, small] of STATES.entries()) {
    const state = small.map((value) => value * size);
    const logits = ITEMS.map((item) => item.reduce((sum, value, i) => sum + value * state[i]!, 0));
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    loss -= Math.log(Math.exp(logits[TARGETS[n]!]!) / total) / N;
    for (const [v, logit] of logits.entries()) {
      const error = ((Math.exp(logit) / total - (v === TARGETS[n] ? 1 : 0)) / N) * scale;
      for (let i = 0; i < d; i++) {
        ofStates[n]![i]! += error * ITEMS[v]![i]!;
        ofItems[v]![i]! += error * state[i]!;
      }
    }
  }
  return { loss: loss * scale, gradients: [ofStates.flat(), ofItems.flat()] };
}

function measured(scale = 1, chunkLogits?: number, size = 1) {
  return tf.tidy(() => {
    const targets = tf.tensor1d(TARGETS, 'int32');
    const of = (states: Tensor, items: Tensor): Tensor =>
      itemCrossEntropy(states as Tensor2D, items as Tensor2D, targets, chunkLogits).mul(scale);
    const { value, grads } = tf.valueAndGrads(of)([tf.tensor2d(STATES).mul(size), tf.tensor2d(ITEMS)]);
    return { loss: value.dataSync()[0]!, gradients: grads.map((gradient) => [...gradient.dataSync()]) };
  });
}

const runtimes: readonly (readonly [RuntimeName, string, boolean])[] = [
  ['wasm', 'WebAssembly', false],
  ['tensorflow', 'native TensorFlow (skipped where `npm run native` has not been run)', isNativeMissing],
];

describe.each(runtimes)('the cross entropy over all items, on %s: %s', (name, _, isMissing) => {
  const test = it.skipIf(isMissing);
  beforeAll(async () => {
    if (!isMissing) await openRuntime(name);
  });

  test('is the mean of -log softmax at the targets, with its gradients by states and items', () => {
    // All rows at once, two at a time, each by itself.
    for (const [scale, chunkLogits] of [[1], [-2.5], [1, 2 * V], [2, 1]] as const) {
      const [actual, expected] = [measured(scale, chunkLogits), reference(scale)];
      expect(actual.loss).toBeCloseTo(expected.loss, 5);
      for (const [i, gradient] of actual.gradients.entries()) expectClose(gradient, expected.gradients[i]!, 1e-5);
    }
  });

  test('is so for small logits and for large ones, which are shifted', () => {
    for (const size of [0.1, 10, 60]) {
      const [actual, expected] = [measured(1, 2 * V, size), reference(1, size)];
      expect(actual.loss / expected.loss).toBeCloseTo(1, 5);
      for (const [i, gradient] of actual.gradients.entries())
        expectClose(gradient, expected.gradients[i]!, 1e-5 * Math.max(1, size));
    }
  });

  test('is log V where nothing is told apart, and exact where a target is hopeless', () => {
    const loss = (states: number[][], items: number[][]): number =>
      tf.tidy(
        () => itemCrossEntropy(tf.tensor2d(states), tf.tensor2d(items), tf.tensor1d([1], 'int32')).dataSync()[0]!,
      );
    expect(loss([[0, 0]], [[1, 2], [3, 4], [5, 6]])).toBeCloseTo(Math.log(3), 5); // biome-ignore format: a matrix
    expect(loss([[100, 0]], [[10, 0], [-10, 0]])).toBeCloseTo(2000, 2); // biome-ignore format: a matrix
    expect(loss([[-100, 0]], [[10, 0], [9, 0]])).toBeCloseTo(0, 5); // biome-ignore format: a matrix
  });

  test('never holds the logits of all rows', async () => {
    const [rows, all] = [200, 1000];
    const [states, items, targets] = [tf.randomNormal([rows, d]), tf.randomNormal([all, d]), tf.zeros([rows], 'int32')];
    const peak = async (chunkLogits: number): Promise<number> => {
      const before = tf.memory().numBytes;
      const { peakBytes } = await tf.profile(() => {
        const of = (x: Tensor, y: Tensor): Tensor =>
          itemCrossEntropy(x as Tensor2D, y as Tensor2D, targets as Tensor1D, chunkLogits);
        const { value, grads } = tf.valueAndGrads(of)([states, items]);
        tf.dispose([value, ...grads]);
      });
      return peakBytes - before;
    };
    const logitBytes = 4 * rows * all;
    expect(await peak(10 * all)).toBeLessThan(logitBytes / 2);
    expect(await peak(rows * all)).toBeGreaterThan(logitBytes);
    tf.dispose([states, items, targets]);
  });

  test('leaves no tensor behind', async () => {
    expect(await tensorsLeft(() => measured())).toBe(0);
  });
});
