import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { TINY_SAE, tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { referenceDecode, referenceFeatures } from '../../test/builders/reference-model.js';
import { expectClose, tensorsLeft, tinyModel, valuesOf } from '../../test/builders/tensors.js';
import { openRuntime } from '../adapters/tfjs/runtime.js';
import { decode, features, normaliseActivations, reconstruct, restoreActivations, someFeatures } from './sae.js';

const { width: d, features: m } = TINY_SAE;
const checkpoint = tinyCheckpoint(3);
const rows = [0.3, -1.2, 2.1].map((offset) => Array.from({ length: d }, (_, i) => Math.sin(i * 1.7 + offset) + offset));

describe('the sparse autoencoder', () => {
  beforeAll(() => openRuntime('wasm'));
  const inputs = (): tf.Tensor2D => tf.tensor2d(rows);

  it('encodes as ReLU((x - b_dec) W_enc + b_enc) of normalised activations', () => {
    const { sae } = tinyModel(checkpoint);
    const actual = valuesOf(tf.tidy(() => features(sae.weights, inputs())));
    const expected = rows.flatMap((row) => referenceFeatures(checkpoint, row));
    expectClose(actual, expected, 1e-5);
    expect(expected.some((value) => value === 0)).toBe(true);
    expect(expected.some((value) => value > 0)).toBe(true);
  });

  it('decodes as f W_dec + b_dec, and restores the scale', () => {
    const { weights } = tinyModel(checkpoint).sae;
    const f = rows.map((row) => referenceFeatures(checkpoint, row));
    const expected = f.flatMap((row) => referenceDecode(checkpoint, row));
    expectClose(valuesOf(tf.tidy(() => restoreActivations(weights, decode(weights, tf.tensor2d(f))))), expected, 1e-5);
    expectClose(valuesOf(tf.tidy(() => reconstruct(weights, inputs()))), expected, 1e-5);
  });

  it('normalises by one mean and one standard deviation, and back', () => {
    const { weights } = tinyModel(checkpoint).sae;
    const [mean, std] = checkpoint.weights.get('sae.scaling')!.data as unknown as [number, number];
    const normal = valuesOf(tf.tidy(() => normaliseActivations(weights, inputs())));
    expectClose(
      normal,
      rows.flat().map((x) => (x - mean) / std),
      1e-6,
    );
    const back = valuesOf(tf.tidy(() => restoreActivations(weights, normaliseActivations(weights, inputs()))));
    expectClose(back, rows.flat(), 1e-6);
  });

  it('reads some features as it reads all', () => {
    const { weights } = tinyModel(checkpoint).sae;
    const all = rows.map((row) => referenceFeatures(checkpoint, row));
    const chosen = [5, 0, m - 1];
    const some = valuesOf(tf.tidy(() => someFeatures(weights, inputs(), tf.tensor1d(chosen, 'int32'))));
    expectClose(
      some,
      all.flatMap((row) => chosen.map((feature) => row[feature]!)),
      1e-5,
    );
  });

  it('leaves no tensor behind in a tidy', async () => {
    const { weights } = tinyModel(checkpoint).sae;
    const work = (): unknown => valuesOf(tf.tidy(() => reconstruct(weights, inputs())));
    expect(await tensorsLeft(work)).toBe(0);
  });
});
