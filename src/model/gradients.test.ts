import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { referenceGelu } from '../../test/builders/reference-model.js';
import { expectClose, isNativeMissing, tensorsLeft, valuesOf } from '../../test/builders/tensors.js';
import { openRuntime, type RuntimeName } from '../adapters/tfjs/runtime.js';
import {
  affine,
  gelu,
  layerNorm,
  reluGradient,
  sumRows,
  takeRows,
  timesTransposed,
  transposedTimes,
} from './gradients.js';

const wave = (shape: number[], phase = 0): number[] =>
  Array.from({ length: shape.reduce((size, n) => size * n, 1) }, (_, i) => Math.sin(1 + i * 1.3 + phase) * 1.5);

interface Case {
  readonly inputs: readonly number[][];
  readonly op: (...inputs: Tensor[]) => Tensor;
}

const CASES: Readonly<Record<string, Case>> = {
  takeRows: {
    inputs: [[4, 3]],
    op: (table) => takeRows(table as Tensor2D, tf.tensor1d([2, 0, 2, 2, 3], 'int32')),
  },
  affine: {
    inputs: [[5, 3], [3, 4], [4]],
    op: (x, weight, bias) => affine(x as Tensor2D, weight as Tensor2D, bias as Tensor1D),
  },
  gelu: { inputs: [[3, 5]], op: (x) => gelu(x.mul(2)) },
  layerNorm: {
    inputs: [[4, 6], [6], [6]],
    op: (x, scale, shift) => layerNorm(x as Tensor2D, scale as Tensor1D, shift as Tensor1D, 1e-5),
  },
};

/** A weighted sum, so that the gradient differs from place to place. */
const objective = (out: Tensor): Tensor => out.mul(tf.tensor(wave(out.shape, 0.7), out.shape)).sum();

function gradients({ inputs, op }: Case): number[][] {
  return tf.tidy(() => {
    const tensors = inputs.map((shape, i) => tf.tensor(wave(shape, i), shape));
    return tf
      .grads((...x: Tensor[]) => objective(op(...x)))(tensors)
      .map((gradient) => [...gradient.dataSync()]);
  });
}

/** Central differences, one value at a time. */
function differences({ inputs, op }: Case, step = 1e-2): number[][] {
  const values = inputs.map((shape, i) => wave(shape, i));
  const at = (input: number, index: number, by: number): number =>
    tf.tidy(() => {
      const moved = inputs.map((shape, i) =>
        tf.tensor(
          values[i]!.map((value, j) => (i === input && j === index ? value + by : value)),
          shape,
        ),
      );
      return objective(op(...moved)).dataSync()[0]!;
    });
  return values.map((list, i) => list.map((_, j) => (at(i, j, step) - at(i, j, -step)) / (2 * step)));
}

const runtimes: readonly (readonly [RuntimeName, string, boolean])[] = [
  ['wasm', 'WebAssembly', false],
  ['tensorflow', 'native TensorFlow (skipped where `npm run native` has not been run)', isNativeMissing],
];

describe.each(runtimes)('functions with gradients of their own, on %s: %s', (name, _, isMissing) => {
  const test = it.skipIf(isMissing);
  beforeAll(async () => {
    if (!isMissing) await openRuntime(name);
  });

  for (const [what, given] of Object.entries(CASES)) {
    test(`${what} has the gradient of its value`, () => {
      const exact = gradients(given);
      for (const [i, expected] of differences(given).entries()) expectClose(exact[i]!, expected, 5e-3);
    });

    test(`${what} leaves no tensor behind, with its gradient or without`, async () => {
      expect(await tensorsLeft(() => gradients(given))).toBe(0);
      const plain = (): unknown =>
        tf.tidy(() => given.op(...given.inputs.map((shape, i) => tf.tensor(wave(shape, i), shape))).dataSync());
      expect(await tensorsLeft(plain)).toBe(0);
    });
  }

  test('values: rows, GELU, layer norm', () => {
    const table = [0, 1, 2, 3].map((row) => [row, row + 0.5]);
    expect(valuesOf(tf.tidy(() => takeRows(tf.tensor2d(table), tf.tensor1d([3, 1], 'int32'))))).toEqual([
      3, 3.5, 1, 1.5,
    ]);
    const x = wave([20]).map((value) => value * 4);
    expectClose(valuesOf(tf.tidy(() => gelu(tf.tensor1d(x)))), x.map(referenceGelu), 1e-5);
    const norm = valuesOf(
      tf.tidy(() => layerNorm(tf.tensor2d([[1, 2, 3, 6]]), tf.tensor1d([1, 2, 1, 1]), tf.tensor1d([0, 0, 5, 0]), 0)),
    );
    const deviation = Math.sqrt(3.5);
    expectClose(norm, [-2 / deviation, -2 / deviation, 5, 3 / deviation], 1e-5);
  });

  test('sums of columns, and the gradient of ReLU', () => {
    const rows = [[1, -2, 3], [4, 5, -6]]; // biome-ignore format: a matrix
    expect(valuesOf(tf.tidy(() => sumRows(tf.tensor2d(rows))))).toEqual([5, 3, -3]);
    const f = [[0, 2, 0.1], [0, 0, 7]]; // biome-ignore format: a matrix
    expect(valuesOf(tf.tidy(() => reluGradient(tf.tensor2d(rows), tf.tensor2d(f))))).toEqual([0, -2, 3, 0, 0, -6]);
  });

  test('products with a transposed matrix, whichever side is larger', () => {
    for (const [N, d, m] of [
      [7, 2, 3],
      [2, 6, 3],
      [2, 3, 9],
    ] as const) {
      const [a, b, c] = [wave([N, d]), wave([N, m], 1), wave([m, d], 2)];
      const left = valuesOf(tf.tidy(() => transposedTimes(tf.tensor2d(a, [N, d]), tf.tensor2d(b, [N, m]))));
      const right = valuesOf(tf.tidy(() => timesTransposed(tf.tensor2d(a, [N, d]), tf.tensor2d(c, [m, d]))));
      const sum = (count: number, term: (n: number) => number): number =>
        Array.from({ length: count }, (__, n) => term(n)).reduce((total, value) => total + value, 0);
      const cells = (rows: number, columns: number, value: (r: number, c: number) => number): number[] =>
        Array.from({ length: rows * columns }, (__, i) => value(Math.floor(i / columns), i % columns));
      expectClose(
        left,
        cells(d, m, (i, j) => sum(N, (n) => a[n * d + i]! * b[n * m + j]!)),
        1e-4,
      );
      expectClose(
        right,
        cells(N, m, (i, j) => sum(d, (n) => a[i * d + n]! * c[j * d + n]!)),
        1e-4,
      );
    }
  });
});
