import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { expectClose, tensorsLeft, valuesOf } from '../../test/builders/tensors.js';
import { distanceTo, expectedEmbedding } from './wanted.js';

const [N, V, d] = [3, 6, 4];
const grid = (rows: number, columns: number, seed: number): Tensor2D =>
  tf.tensor2d(
    Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(seed + i * 1.7)),
    [rows, columns],
  );

describe('cross entropy by what states should be like', () => {
  beforeAll(() => openRuntime('wasm'));
  const setUp = () => {
    const items = grid(V, d, 1);
    const head = { items, wide: items.transpose<Tensor2D>() };
    return { head, h: grid(N, d, 2), term: tf.tensor1d([0, 2, 0, 0, 1, 0]) };
  };
  /** - mean of sum t log softmax(h E^T + c), by automatic differentiation. */
  const plain = (head: { wide: Tensor2D }, term: tf.Tensor1D, t: Tensor2D) => (h: tf.Tensor) =>
    tf
      .logSoftmax(tf.matMul(h as Tensor2D, head.wide).add(term))
      .mul(t)
      .sum(1)
      .mean()
      .neg() as Scalar;

  it('is the likelihood of one item, and the cross entropy to a teacher, but for a constant, with the same gradient', () => {
    const { head, h, term } = setUp();
    const oneItem = tf.oneHot(tf.tensor1d([3, 0, 5], 'int32'), V).toFloat() as Tensor2D;
    const teacher = tf.softmax(grid(N, V, 5)) as Tensor2D;
    for (const t of [oneItem, teacher]) {
      const wanted: Tensor2D = tf.matMul(t, head.items);
      const expected = tf.valueAndGrad(plain(head, term, t))(h);
      const actual = tf.valueAndGrad((x: tf.Tensor) => distanceTo(x as Tensor2D, head, term, wanted))(h);
      const constant = t.mul(term).sum(1).mean();
      expectClose(valuesOf(actual.value), valuesOf(expected.value.add(constant)), 1e-5);
      expectClose(valuesOf(actual.grad), valuesOf(expected.grad), 1e-5);
    }
  });

  it('is least, its gradient 0, where the state says what is wanted', () => {
    const { head, h, term } = setUp();
    const wanted = expectedEmbedding(h, head, term);
    const { grad } = tf.valueAndGrad((x: tf.Tensor) => distanceTo(x as Tensor2D, head, term, wanted))(h);
    expectClose(valuesOf(grad), new Float32Array(N * d), 1e-6);
  });

  it('leaves no tensor behind', async () => {
    const { head, h, term } = setUp();
    const left = await tensorsLeft(() => {
      const wanted = expectedEmbedding(h, head, term);
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => distanceTo(x as Tensor2D, head, term, wanted))(h);
      tf.dispose([value, grad, wanted]);
    });
    expect(left).toBe(0);
  });
});
