/**
 * The sparse autoencoder over activations of the model (the paper's section 3). Activations are normalised by one scalar
 * mean and one scalar standard deviation. Letters in shapes: N activations, d width, m features.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { SaeActivation, SaeShape } from './shapes.js';
import { affine, gated } from './gradients.js';
import { kthGreatest } from './kth-greatest.js';

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
  /** [m], with the activation `threshold` only: a feature is active above it. */
  readonly threshold?: T;
}

/** A dictionary that can be asked: its weights, and the shape that says how its encoder ends. */
export interface Sae {
  readonly weights: SaeWeights;
  readonly shape: SaeShape;
}

/** What coding and decoding need of the weights; the scaling is a constant of the data. */
export type SaeCore<T = Tensor> = Pick<SaeWeights<T>, 'encoder' | 'encoderBias' | 'decoder' | 'decoderBias'>;

export function saeShapes({ width, features, activation }: SaeShape): SaeWeights<Int32Array> {
  const shape = (...dimensions: number[]): Int32Array => Int32Array.from(dimensions);
  return {
    encoder: shape(width, features),
    encoderBias: shape(features),
    decoder: shape(features, width),
    decoderBias: shape(width),
    scaling: shape(2),
    ...(activation.kind === 'threshold' && { threshold: shape(features) }),
  };
}

/** x [N, d] -> (x - mean) / std. */
export function normaliseActivations({ weights }: Sae, x: Tensor2D): Tensor2D {
  const [mean, std] = tf.unstack(weights.scaling) as [Tensor, Tensor];
  return x.sub(mean).div(std);
}

/** Inverse of normaliseActivations. */
export function restoreActivations({ weights }: Sae, x: Tensor2D): Tensor2D {
  const [mean, std] = tf.unstack(weights.scaling) as [Tensor, Tensor];
  return x.mul(std).add(mean);
}

/** z = (x - b_dec) W_enc + b_enc. Normalised x [N, d] -> z [N, m]. */
export function preActivations(core: Pick<SaeCore, 'encoder' | 'encoderBias' | 'decoderBias'>, x: Tensor2D): Tensor2D {
  return affine(x.sub(core.decoderBias) as Tensor2D, core.encoder as Tensor2D, core.encoderBias as Tensor1D);
}

/** f = ReLU(z), or the part of it that the shape's activation keeps. Normalised x [N, d] -> f [N, m]. */
export function encode({ weights, shape }: Sae, x: Tensor2D): Tensor2D {
  return activate(shape.activation, preActivations(weights, x), weights.threshold);
}

/** z [N, m] -> f [N, m], never negative. */
function activate(activation: SaeActivation, z: Tensor2D, threshold: Tensor | undefined): Tensor2D {
  if (activation.kind === 'topk') return topKActivation(z, activation.k);
  if (activation.kind === 'relu' || threshold === undefined) return tf.relu(z);
  return gated(z, (value) => value.greater(threshold.relu()));
}

/** ReLU of the k greatest of each row, 0 elsewhere (Makhzani and Frey 2013; Gao et al. 2024); equals of the k-th stay. */
export function topKActivation(z: Tensor2D, k: number): Tensor2D {
  const [N, m] = z.shape;
  if (k >= m) return tf.relu(z);
  return gated(z, (value) => {
    const all = value.dataSync<'float32'>();
    const least = Float32Array.from({ length: N }, (_, n) => kthGreatest(all, k, n * m, (n + 1) * m));
    return value.greaterEqual(tf.tensor2d(least, [N, 1]));
  });
}

/** x^ = f W_dec + b_dec. f [N, m] -> normalised x^ [N, d]. */
export function decode({ decoder, decoderBias }: Pick<SaeCore, 'decoder' | 'decoderBias'>, f: Tensor2D): Tensor2D {
  return affine(f, decoder as Tensor2D, decoderBias as Tensor1D);
}

/** Raw activations [N, d] -> features [N, m]. */
export const features = (sae: Sae, x: Tensor2D): Tensor2D => encode(sae, normaliseActivations(sae, x));

/** Raw activations [N, d] -> their reconstruction [N, d]: what splicing the SAE into the model puts there. */
export const reconstruct = (sae: Sae, x: Tensor2D): Tensor2D =>
  restoreActivations(sae, decode(sae.weights, features(sae, x)));

/** Raw activations x [N, d] -> activations of the features at `indices` [k] only: [N, k]. */
export function someFeatures({ weights, shape }: Sae, x: Tensor2D, indices: Tensor1D): Tensor2D {
  // Which are among the k greatest shows only beside all others.
  if (shape.activation.kind === 'topk') return tf.gather(features({ weights, shape }, x), indices, 1);
  const part = {
    ...weights,
    encoder: tf.gather(weights.encoder as Tensor2D, indices, 1),
    encoderBias: tf.gather(weights.encoderBias as Tensor1D, indices),
    ...(weights.threshold && { threshold: tf.gather(weights.threshold as Tensor1D, indices) }),
  };
  return features({ weights: part, shape }, x);
}
