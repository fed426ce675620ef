import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { expectClose, tensorsLeft } from '../../test/builders/tensors.js';
import { averaged } from './weight-average.js';

beforeAll(() => openRuntime('wasm'));

it('an average keeps its decay of the old and takes the rest of the new, and forgets faster at first', async () => {
  const old = { a: tf.tensor1d([1, 2]), b: [tf.scalar(10)] };
  const now = { a: tf.tensor1d([3, 0]), b: [tf.scalar(20)] };
  const late = averaged(old, now, 0.9, 1_000_000);
  expectClose(late.a.dataSync(), [1.2, 1.8], 1e-6);
  expectClose(late.b[0]!.dataSync(), [11], 1e-6);
  // (1 + 0) / (10 + 0) and (1 + 8) / (10 + 8) are less than the decay.
  expectClose(averaged(old, now, 0.9, 0).a.dataSync(), [2.8, 0.2], 1e-6);
  expectClose(averaged(old, now, 0.9, 8).a.dataSync(), [2, 1], 1e-6);
  const work = (): void => {
    const next = averaged(old, now, 0.9, 3);
    tf.dispose([next.a, ...next.b]);
  };
  expect(await tensorsLeft(work)).toBe(0);
});
