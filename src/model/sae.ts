/**
 * The sparse autoencoder over the residual stream (the paper's section 3). Activations are normalised by one scalar
 * mean and one scalar standard deviation. Letters in shapes: N activations, d width, m features.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { SaeShape } from './shapes.js';
import { affine } from './gradients.js';

export interface SaeWeights<T = Tensor> {
  /** [d, m] */
  readonly encoder: T;
  /** [m] */
  readonly encoderBias: T;
  /** [m, d], rows of unit norm: the feature directions. */
  readonly decoder: T;
  /** [d] */
  readonly decoderBias: T;
  /** [2]: mean and standard deviation of the activations that it was trained on. */
  readonly scaling: T;
}

export function saeShapes({ width, features }: SaeShape): SaeWeights<Int32Array> {
  const shape = (...dimensions: number[]): Int32Array => Int32Array.from(dimensions);
  return {
    encoder: shape(width, features),
    encoderBias: shape(features),
    decoder: shape(features, width),
    decoderBias: shape(width),
    scaling: shape(2),
  };
}

/** x [N, d] -> (x - mean) / std. */
export function normaliseActivations(sae: Pick<SaeWeights, 'scaling'>, x: Tensor2D): Tensor2D {
  const [mean, std] = tf.unstack(sae.scaling) as [Tensor, Tensor];
  return x.sub(mean).div(std);
}

/** Inverse of normaliseActivations. */
export function restoreActivations(sae: SaeWeights, x: Tensor2D): Tensor2D {
  const [mean, std] = tf.unstack(sae.scaling) as [Tensor, Tensor];
  return x.mul(std).add(mean);
}

/** f = ReLU((x - b_dec) W_enc + b_enc). Normalised x [N, d] -> f [N, m]. */
export function encode(sae: Omit<SaeWeights, 'scaling'>, x: Tensor2D): Tensor2D {
  return tf.relu(affine(x.sub(sae.decoderBias) as Tensor2D, sae.encoder as Tensor2D, sae.encoderBias as Tensor1D));
}

/** x^ = f W_dec + b_dec. f [N, m] -> normalised x^ [N, d]. */
export function decode(sae: Omit<SaeWeights, 'scaling'>, f: Tensor2D): Tensor2D {
  return affine(f, sae.decoder as Tensor2D, sae.decoderBias as Tensor1D);
}

/** Raw activations [N, d] -> features [N, m]. */
export const features = (sae: SaeWeights, x: Tensor2D): Tensor2D => encode(sae, normaliseActivations(sae, x));

/** Raw activations [N, d] -> their reconstruction [N, d]: what splicing the SAE into the model puts there. */
export const reconstruct = (sae: SaeWeights, x: Tensor2D): Tensor2D =>
  restoreActivations(sae, decode(sae, features(sae, x)));

/** Raw activations x [N, d] -> activations of the features at `indices` [k] only: [N, k]. */
export function someFeatures(sae: SaeWeights, x: Tensor2D, indices: Tensor1D): Tensor2D {
  const part = {
    ...sae,
    encoder: tf.gather(sae.encoder as Tensor2D, indices, 1),
    encoderBias: tf.gather(sae.encoderBias as Tensor1D, indices),
  };
  return features(part, x);
}
