import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { TINY_ITEMS, TINY_SAE, TINY_SAES, tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { referenceDecode, referenceFeatures } from '../../test/builders/reference-model.js';
import { expectClose, tensorsLeft, tinyModel, valuesOf } from '../../test/builders/tensors.js';
import { openRuntime } from '../adapters/tfjs/runtime.js';
import {
  decode,
  features,
  normaliseActivations,
  reconstruct,
  restoreActivations,
  someFeatures,
  topKActivation,
} from './sae.js';

const { width: d, features: m } = TINY_SAE;
const checkpoint = tinyCheckpoint(3);
const rows = [0.3, -1.2, 2.1].map((offset) => Array.from({ length: d }, (_, i) => Math.sin(i * 1.7 + offset) + offset));

describe('the sparse autoencoder', () => {
  beforeAll(() => openRuntime('wasm'));
  const inputs = (): tf.Tensor2D => tf.tensor2d(rows);

  it('encodes as ReLU((x - b_dec) W_enc + b_enc) of normalised activations', () => {
    const { sae } = tinyModel(checkpoint);
    const actual = valuesOf(tf.tidy(() => features(sae, inputs())));
    const expected = rows.flatMap((row) => referenceFeatures(checkpoint, row));
    expectClose(actual, expected, 1e-5);
    expect(expected.some((value) => value === 0)).toBe(true);
    expect(expected.some((value) => value > 0)).toBe(true);
  });

  it('decodes as f W_dec + b_dec, and restores the scale', () => {
    const { sae } = tinyModel(checkpoint);
    const f = rows.map((row) => referenceFeatures(checkpoint, row));
    const expected = f.flatMap((row) => referenceDecode(checkpoint, row));
    expectClose(valuesOf(tf.tidy(() => restoreActivations(sae, decode(sae.weights, tf.tensor2d(f))))), expected, 1e-5);
    expectClose(valuesOf(tf.tidy(() => reconstruct(sae, inputs()))), expected, 1e-5);
  });

  it('normalises by one mean and one standard deviation, and back', () => {
    const { sae } = tinyModel(checkpoint);
    const [mean, std] = checkpoint.weights.get('sae.scaling')!.data as unknown as [number, number];
    const normal = valuesOf(tf.tidy(() => normaliseActivations(sae, inputs())));
    expectClose(
      normal,
      rows.flat().map((x) => (x - mean) / std),
      1e-6,
    );
    const back = valuesOf(tf.tidy(() => restoreActivations(sae, normaliseActivations(sae, inputs()))));
    expectClose(back, rows.flat(), 1e-6);
  });

  it('reads some features as it reads all', () => {
    const { sae } = tinyModel(checkpoint);
    const all = rows.map((row) => referenceFeatures(checkpoint, row));
    const chosen = [5, 0, m - 1];
    const some = valuesOf(tf.tidy(() => someFeatures(sae, inputs(), tf.tensor1d(chosen, 'int32'))));
    expectClose(
      some,
      all.flatMap((row) => chosen.map((feature) => row[feature]!)),
      1e-5,
    );
  });

  it.each(TINY_SAES.slice(0, 3))('encodes, decodes and reads some features with $activation.kind', (shape) => {
    const other = tinyCheckpoint(3, TINY_ITEMS.length, shape);
    const { sae } = tinyModel(other);
    const expected = rows.map((row) => referenceFeatures(other, row));
    expectClose(valuesOf(tf.tidy(() => features(sae, inputs()))), expected.flat(), 1e-5);
    const chosen = [5, 0, m - 1, 8];
    const some = valuesOf(tf.tidy(() => someFeatures(sae, inputs(), tf.tensor1d(chosen, 'int32'))));
    expectClose(
      some,
      expected.flatMap((row) => chosen.map((feature) => row[feature]!)),
      1e-5,
    );
    const decoded = expected.flatMap((row) => referenceDecode(other, row));
    expectClose(valuesOf(tf.tidy(() => reconstruct(sae, inputs()))), decoded, 1e-5);
  });

  it('TopK keeps the k greatest of each activation, never a negative one; of equals of the k-th all', () => {
    const z = [
      [5, 1, 4, 3, 2],
      [-1, -2, 3, -4, -5],
      [2, 2, 2, 1, 0],
    ];
    const kept = (k: number): number[] => valuesOf(tf.tidy(() => topKActivation(tf.tensor2d(z), k).add(0)));
    expect(kept(2)).toEqual(
      [
        [5, 0, 4, 0, 0],
        [0, 0, 3, 0, 0],
        [2, 2, 2, 0, 0],
      ].flat(),
    );
    expect(kept(9)).toEqual(z.flat().map((v) => Math.max(0, v)));
  });

  it('TopK of any activation: at most k positive values stay, none greater is left out, and they stay as they were', () => {
    const whole = fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(whole, fc.integer({ min: 1, max: 25 }), (z, k) => {
        const f = valuesOf(tf.tidy(() => topKActivation(tf.tensor2d([z]), k)));
        const best = new Set(z.toSorted((a, b) => b - a).slice(0, k));
        expect(f.map((value) => value + 0)).toEqual(z.map((value) => (best.has(value) ? Math.max(0, value) : 0)));
      }),
    );
  });

  it('leaves no tensor behind in a tidy', async () => {
    const { sae } = tinyModel(checkpoint);
    const work = (): unknown => valuesOf(tf.tidy(() => reconstruct(sae, inputs())));
    expect(await tensorsLeft(work)).toBe(0);
  });
});
