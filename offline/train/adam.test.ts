import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime, type RuntimeName } from '../../src/adapters/tfjs/runtime.js';
import { expectClose, isNativeMissing, tensorsLeft } from '../../test/builders/tensors.js';
import { adam, initialAdam } from './adam.js';

/** Algorithm 1 of the paper, one number at a time. */
function reference(start: number, gradients: readonly number[], rate: number): number {
  let [w, m, v] = [start, 0, 0];
  for (const [i, g] of gradients.entries()) {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    const [first, second] = [m / (1 - 0.9 ** (i + 1)), v / (1 - 0.999 ** (i + 1))];
    w -= (rate * first) / (Math.sqrt(second) + 1e-8);
  }
  return w;
}

const runtimes: readonly (readonly [RuntimeName, string, boolean])[] = [
  ['wasm', 'WebAssembly', false],
  ['tensorflow', 'native TensorFlow (skipped where `npm run native` has not been run)', isNativeMissing],
];

describe.each(runtimes)('Adam, on %s: %s', (name, _, isMissing) => {
  const test = it.skipIf(isMissing);
  beforeAll(async () => {
    if (!isMissing) await openRuntime(name);
  });
  const STARTS = [
    [1, -2, 0.5],
    [3, 4],
  ];
  const gradient = (tensor: number, index: number, step: number): number =>
    Math.sin(tensor * 7 + index * 3 + step) * 10 ** (index - 1);

  test('moves every weight as its algorithm says, step after step', () => {
    let weights: tf.Tensor[] = STARTS.map((values) => tf.tensor1d(values));
    let state = initialAdam(weights);
    for (let step = 0; step < 5; step++) {
      const gradients = STARTS.map((values, t) => tf.tensor1d(values.map((__, i) => gradient(t, i, step))));
      ({ weights, state } = adam(weights, gradients, state, 0.01));
    }
    expect(state.step).toBe(5);
    for (const [t, values] of STARTS.entries()) {
      const expected = values.map((start, i) =>
        reference(
          start,
          [0, 1, 2, 3, 4].map((step) => gradient(t, i, step)),
          0.01,
        ),
      );
      expectClose(weights[t]!.dataSync(), expected, 1e-6);
    }
  });

  test('takes a first step of the learning rate, whatever the gradient’s size', () => {
    const weights = [tf.tensor1d([0, 0, 0])];
    const next = adam(weights, [tf.tensor1d([1e-4, -1, 1000])], initialAdam(weights), 0.1);
    expectClose(next.weights[0]!.dataSync(), [-0.1, 0.1, -0.1], 1e-4);
  });

  test('leaves what it was given as it was, and no tensor but its results', async () => {
    const weights = [tf.tensor1d([1, 2])];
    const state = initialAdam(weights);
    const gradients = [tf.tensor1d([1, 1])];
    const work = (): void => {
      const next = adam(weights, gradients, state, 0.1);
      tf.dispose([...next.weights, ...next.state.first, ...next.state.second]);
    };
    expect(await tensorsLeft(work)).toBe(0);
    expect([...weights[0]!.dataSync()]).toEqual([1, 2]);
    expect([...state.first[0]!.dataSync()]).toEqual([0, 0]);
  });

  test('refuses gradients that do not correspond', () => {
    const weights = [tf.tensor1d([1]), tf.tensor1d([2])];
    expect(() => adam(weights, [tf.tensor1d([1])], initialAdam(weights), 0.1)).toThrow('must correspond');
  });
});
