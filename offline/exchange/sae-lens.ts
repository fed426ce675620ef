/**
 * An SAE in the layout that SAELens reads from disk: `cfg.json` and `sae_weights.safetensors`, with
 *
 *     f = act(x W_enc + b_enc),  x^ = f W_dec + b_dec
 *
 * on activations as the model has them. So the scaling by mean and deviation, and the decoder bias that is taken off
 * before encoding, are folded into the weights: with y = (x - mean) / std, W_enc' = W_enc / std,
 * b_enc' = b_enc - (mean / std + b_dec) W_enc, W_dec' = std W_dec, b_dec' = std b_dec + mean. Features are the same numbers;
 * thresholds stay.
 */
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import type { SaeShape, Site } from '../../src/model/shapes.js';

export interface SaeLens {
  readonly cfg: Readonly<Record<string, unknown>>;
  readonly weights: ReadonlyMap<string, WeightArray>;
}

/** TransformerLens's names of the places. */
const HOOKS: Readonly<Record<Site, string>> = {
  block: 'hook_resid_post',
  attention: 'hook_attn_out',
  mlp: 'hook_mlp_out',
};
/** The SAELens whose layout this is. Where none is named, it takes the file for an older one's and drops the metadata. */
const LAYOUT = '6.0.0';
const ARCHITECTURES = { relu: 'standard', topk: 'topk', threshold: 'jumprelu' } as const;

/** @param weights `sae.*` of a checkpoint @param name of the model, for people */
export function toSaeLens(shape: SaeShape, weights: ReadonlyMap<string, WeightArray>, name: string): SaeLens {
  const { width: d, features: m, activation, layer, site } = shape;
  const values = (key: string): Float32Array => {
    const found = weights.get(`sae.${key}`);
    if (found === undefined) throw new Error(`weight sae.${key} is missing`);
    return found.data;
  };
  const [encoder, encoderBias, decoder, decoderBias] = [
    values('encoder'),
    values('encoderBias'),
    values('decoder'),
    values('decoderBias'),
  ];
  const [mean = 0, std = 1] = values('scaling');
  const bias = Float64Array.from(encoderBias);
  for (let i = 0; i < d; i++) {
    const offset = mean / std + (decoderBias[i] ?? 0);
    for (let j = 0; j < m; j++) bias[j] = (bias[j] ?? 0) - offset * (encoder[i * m + j] ?? 0);
  }
  const lens = new Map<string, WeightArray>([
    ['W_enc', { shape: [d, m], data: encoder.map((value) => value / std) }],
    ['b_enc', { shape: [m], data: Float32Array.from(bias) }],
    ['W_dec', { shape: [m, d], data: decoder.map((value) => value * std) }],
    ['b_dec', { shape: [d], data: decoderBias.map((value) => value * std + mean) }],
  ]);
  if (activation.kind === 'threshold') lens.set('threshold', { shape: [m], data: values('threshold') });
  return {
    cfg: {
      architecture: ARCHITECTURES[activation.kind],
      d_in: d,
      d_sae: m,
      ...(activation.kind === 'topk' && { k: activation.k }),
      dtype: 'float32',
      device: 'cpu',
      apply_b_dec_to_input: false,
      normalize_activations: 'none',
      reshape_activations: 'none',
      metadata: { sae_lens_version: LAYOUT, model_name: name, hook_name: `blocks.${layer - 1}.${HOOKS[site]}` },
    },
    weights: lens,
  };
}
