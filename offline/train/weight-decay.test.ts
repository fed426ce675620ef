import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { expectClose, tensorsLeft } from '../../test/builders/tensors.js';
import { decayed } from './weight-decay.js';

beforeAll(() => openRuntime('wasm'));

it('decay shrinks matrices by rate times decay, leaves vectors alone, and nothing behind', async () => {
  const work = (): void => {
    const left = decayed([tf.tensor2d([[1, -2]]), tf.tensor1d([1, -2])], 0.1, 0.5);
    expectClose(left[0]!.dataSync(), [0.95, -1.9], 1e-6);
    expectClose(left[1]!.dataSync(), [1, -2], 0);
    tf.dispose(left);
  };
  expect(await tensorsLeft(work)).toBe(0);
  const weight = tf.tensor2d([[1, 2]]);
  expect(decayed([weight], 0.1, 0)[0]).toBe(weight);
});
