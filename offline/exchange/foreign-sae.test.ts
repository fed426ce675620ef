import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import type { SaeActivation } from '../../src/model/shapes.js';
import { features, reconstruct } from '../../src/model/sae.js';
import { loadSae } from '../../src/model/weights.js';
import { TINY_SAES, tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { referenceDecode, referenceFeatures, referenceForward } from '../../test/builders/reference-model.js';
import { expectClose, valuesOf } from '../../test/builders/tensors.js';
import { foreignSae, type SaeMapping } from './foreign-sae.js';
import { toSaeLens } from './sae-lens.js';

const mapping = (activation: SaeActivation, subtractsDecoderBias: boolean): SaeMapping => ({
  weights: '',
  layer: 1,
  site: 'block',
  activation,
  scaling: [0, 1],
  subtractsDecoderBias,
  tensors: {
    encoder: 'W_enc',
    encoderBias: 'b_enc',
    decoder: 'W_dec',
    decoderBias: 'b_dec',
    ...(activation.kind === 'threshold' && { threshold: 'threshold' }),
  },
});

describe('an SAE of other making', () => {
  beforeAll(() => openRuntime('wasm'));

  it.each(TINY_SAES.filter(({ site }) => site === 'block'))(
    'that was exported for SAELens comes back as the same features: $activation.kind',
    (shape) => {
      const checkpoint = tinyCheckpoint(3, 12, shape);
      const { weights } = toSaeLens(shape, checkpoint.weights, 'tiny');
      const back = foreignSae(mapping(shape.activation, false), { weights, metadata: {}, left: [] }, shape.width);
      expect(back.shape).toEqual(shape);
      const sae = loadSae(back.shape, back.weights);
      for (const x of referenceForward(checkpoint, [3, 1, 7]).streams[1]!) {
        const expected = referenceFeatures(checkpoint, x);
        expectClose(valuesOf(features(sae, tf.tensor2d([x]))), expected, 1e-4);
        expectClose(valuesOf(reconstruct(sae, tf.tensor2d([x]))), referenceDecode(checkpoint, expected), 1e-4);
      }
    },
  );

  it('whose encoder takes off the decoder’s bias is taken as it is, with its scaling', () => {
    const [shape] = TINY_SAES;
    const checkpoint = tinyCheckpoint(3);
    const names = { encoder: 'W_enc', encoderBias: 'b_enc', decoder: 'W_dec', decoderBias: 'b_dec' };
    const weights = new Map(
      Object.entries(names).map(([ours, theirs]) => [theirs, checkpoint.weights.get(`sae.${ours}`)!]),
    );
    const [mean, std] = checkpoint.weights.get('sae.scaling')!.data;
    const own = { ...mapping({ kind: 'relu' }, true), scaling: [mean!, std!] as [number, number] };
    const { weights: back } = foreignSae(own, { weights, metadata: {}, left: [] }, shape!.width);
    for (const [name, { data }] of back) expect(data).toEqual(checkpoint.weights.get(name)!.data);
  });
});
