/** An SAE of other making becomes ours. Letters in shapes: d width, m features. */
import { z } from 'zod';
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import type { Safetensors } from '../../src/checkpoint/safetensors.js';
import { SaeActivationSchema, type SaeShape, SITES } from '../../src/model/shapes.js';
import { UserError } from '../../src/terminal/user-error.js';
import { readSource, type TensorSource, TensorSourceSchema } from './tensor-sources.js';

export const SaeMappingSchema = z.strictObject({
  /** The safetensors file. */
  weights: z.string(),
  layer: z.int().positive(),
  site: z.enum(SITES).default('block'),
  activation: SaeActivationSchema,
  /** Mean and standard deviation that activations are normalised by before they are encoded. */
  scaling: z.tuple([z.number(), z.number().positive()]).default([0, 1]),
  /** Whether the decoder's bias is taken off before encoding, as in `relu((x - b_dec) W_enc + b_enc)`. */
  subtractsDecoderBias: z.boolean(),
  tensors: z.strictObject({
    /** [d, m] */
    encoder: TensorSourceSchema,
    /** [m] */
    encoderBias: TensorSourceSchema,
    /** [m, d] */
    decoder: TensorSourceSchema,
    /** [d] */
    decoderBias: TensorSourceSchema,
    /** [m], of the activation `threshold`. */
    threshold: TensorSourceSchema.optional(),
  }),
});
export type SaeMapping = z.infer<typeof SaeMappingSchema>;

export const saeSources = ({ tensors }: SaeMapping): TensorSource[] =>
  Object.values(tensors).filter((source) => source !== undefined);

export interface ForeignSae {
  readonly shape: SaeShape;
  /** `sae.*` */
  readonly weights: ReadonlyMap<string, WeightArray>;
}

/**
 * Its features stay the same numbers: rows of the decoder keep their length, and where its encoder does not take off the
 * decoder's bias, b_enc + b_dec W_enc makes up for ours, which does.
 * @param width of the model that it reads @throws UserError that says which tensor does not fit
 */
export function foreignSae(mapping: SaeMapping, file: Safetensors, width: number): ForeignSae {
  const { layer, site, activation, scaling, tensors } = mapping;
  const encoder = readSource('encoder', tensors.encoder, [width, -1], file);
  const m = encoder.shape[1] ?? 0;
  const encoderBias = readSource('encoderBias', tensors.encoderBias, [m], file);
  const decoder = readSource('decoder', tensors.decoder, [m, width], file);
  const decoderBias = readSource('decoderBias', tensors.decoderBias, [width], file);
  if (activation.kind === 'topk' && activation.k > m) {
    throw new UserError(`a dictionary of ${m} features cannot have ${activation.k} active`);
  }
  const bias = mapping.subtractsDecoderBias ? encoderBias : plusDecoderBias(encoderBias, decoderBias, encoder);
  return {
    shape: { width, features: m, layer, site, activation },
    weights: new Map([
      ['sae.encoder', encoder],
      ['sae.encoderBias', bias],
      ['sae.decoder', decoder],
      ['sae.decoderBias', decoderBias],
      ['sae.scaling', { shape: [2], data: Float32Array.from(scaling) }],
      ...thresholds(mapping, m, file),
    ]),
  };
}

/** b_enc + b_dec W_enc */
function plusDecoderBias(bias: WeightArray, { data: off }: WeightArray, encoder: WeightArray): WeightArray {
  const m = bias.data.length;
  const sums = Float64Array.from(bias.data);
  for (let i = 0; i < off.length; i++) {
    for (let j = 0; j < m; j++) sums[j] = (sums[j] ?? 0) + (off[i] ?? 0) * (encoder.data[i * m + j] ?? 0);
  }
  return { shape: [m], data: Float32Array.from(sums) };
}

function thresholds({ activation, tensors }: SaeMapping, m: number, file: Safetensors): [string, WeightArray][] {
  const isOurs = activation.kind === 'threshold';
  if (isOurs !== (tensors.threshold !== undefined)) {
    throw new UserError(
      isOurs
        ? 'the mapping lacks threshold, which the activation "threshold" needs'
        : `the mapping names threshold, which the activation "${activation.kind}" does not have`,
    );
  }
  if (tensors.threshold === undefined) return [];
  const threshold = readSource('threshold', tensors.threshold, [m], file);
  if (threshold.data.some((value) => value < 0)) throw new UserError('threshold is negative for some feature');
  return [['sae.threshold', threshold]];
}
