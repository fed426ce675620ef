/** For tests of tensor code. */
import { existsSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { addonPath } from '../../src/adapters/tfjs/runtime.js';
import type { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import type { ModelWithSae } from '../../src/model/score.js';
import { loadGptRec, loadSae, loadSteering } from '../../src/model/weights.js';
import { tinyCheckpoint } from './checkpoint.js';

/** A clean machine has no native TensorFlow. */
export const isNativeMissing = !existsSync(addonPath());

/** How many more tensors there are after the work than before it. */
export async function tensorsLeft(work: () => unknown): Promise<number> {
  const before = tf.memory().numTensors;
  await work();
  return tf.memory().numTensors - before;
}

/** The values of a tensor that is then disposed of. */
export function valuesOf(tensor: tf.Tensor): number[] {
  const values = [...tensor.dataSync()];
  tensor.dispose();
  return values;
}

/** Both lists of numbers agree, within an absolute tolerance. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-4): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    worst = difference <= worst ? worst : difference; // NaN stays
  }
  expect(worst).toBeLessThanOrEqual(tolerance);
}

/** The model of a tiny checkpoint. */
export function tinyModel(checkpoint: Checkpoint = tinyCheckpoint()): ModelWithSae {
  const { manifest, weights } = checkpoint;
  return {
    gptrec: loadGptRec(manifest.gptrec, weights),
    heads: manifest.gptrec.heads,
    sae: loadSae(manifest.sae, weights),
    steering: loadSteering(manifest.steering, manifest.gptrec, weights),
  };
}
