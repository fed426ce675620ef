import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime, type RuntimeName } from '../../src/adapters/tfjs/runtime.js';
import { preActivations } from '../../src/model/sae.js';
import { expectClose, isNativeMissing, tensorsLeft } from '../../test/builders/tensors.js';
import { trainedPreActivations } from './pre-activations.js';

const [N, d, m] = [5, 3, 7];
const wave = (shape: number[], phase: number): Tensor =>
  tf.tensor(
    Array.from({ length: shape.reduce((size, n) => size * n, 1) }, (_, i) => Math.sin(i * 1.3 + phase)),
    shape,
  );

const runtimes: readonly (readonly [RuntimeName, string, boolean])[] = [
  ['wasm', 'WebAssembly', false],
  ['tensorflow', 'native TensorFlow (skipped where `npm run native` has not been run)', isNativeMissing],
];

describe.each(runtimes)('the encoder in training, on %s: %s', (name, _, isMissing) => {
  const test = it.skipIf(isMissing);
  beforeAll(async () => {
    if (!isMissing) await openRuntime(name);
  });

  function measured(of: typeof preActivations): Float32Array[] {
    return tf.tidy(() => {
      const x = wave([N, d], 0.3) as Tensor2D;
      const { value, grads } = tf.valueAndGrads((encoder: Tensor, encoderBias: Tensor, decoderBias: Tensor) =>
        of({ encoder, encoderBias, decoderBias }, x)
          .mul(wave([N, m], 2))
          .sum(),
      )([wave([d, m], 1), wave([m], 4), wave([d], 5)]);
      return [value, ...grads].map((tensor) => tensor.dataSync<'float32'>());
    });
  }

  test("has the model's values and gradients", () => {
    const plain = measured(preActivations);
    for (const [i, values] of measured(trainedPreActivations).entries()) expectClose(values, plain[i]!, 1e-5);
  });

  test('leaves no tensor behind', async () => {
    expect(await tensorsLeft(() => measured(trainedPreActivations))).toBe(0);
  });
});
