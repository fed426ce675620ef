/** From windows and edits to the scores of every item: the one forward call that everything else is built on. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import type { LatentEdit } from './edit.js';
import { type GptRecWeights, scores, trunk } from './gptrec.js';
import type { SaeWeights } from './sae.js';
import { steer } from './steer.js';

export interface SteerableModel {
  readonly gptrec: GptRecWeights;
  readonly heads: number;
  /** Absent while there is none yet: then no latent edit can be given. */
  readonly sae?: { readonly weights: SaeWeights; readonly layer: number };
}

/** Windows of item indexes, oldest first, packed to the longest: inputs [B, L] and each window's last position. */
export function packWindows(windows: readonly Int32Array[]): { inputs: Tensor2D; last: Int32Array } {
  const L = Math.max(1, ...windows.map((window) => window.length));
  const inputs = new Int32Array(windows.length * L);
  for (const [b, window] of windows.entries()) inputs.set(window, b * L);
  const last = Int32Array.from(windows, (window) => Math.max(0, window.length - 1));
  return { inputs: tf.tensor2d(inputs, [windows.length, L], 'int32'), last };
}

/**
 * Logits [B, V] at the last position of each of B windows (1 to L items each); row b is steered by `edits[b]`. Edits act
 * on the last position alone. Without edits it is the unsteered model.
 * @throws Error for an edit at a layer where the SAE does not read, and for a number of edit lists that is not B.
 */
export function lastScores(
  model: SteerableModel,
  windows: readonly Int32Array[],
  edits: readonly (readonly LatentEdit[])[] = [],
): Tensor2D {
  return tf.tidy(() => {
    const { inputs, last } = packWindows(windows);
    const [B, L] = inputs.shape;
    const flatLast = tf.tensor1d(
      Int32Array.from(last, (position, b) => b * L + position),
      'int32',
    );
    const afterBlock = interventions(model, edits, flatLast, [B, L]);
    const states = trunk(model.gptrec, model.heads, inputs, { ...(afterBlock && { afterBlock }) });
    const width = states.shape[2];
    return scores(model.gptrec, tf.gather(states.reshape([B * L, width]) as Tensor2D, flatLast));
  });
}

/** Residual stream after block `layer` at every position of the windows: [B, L, d], and the last positions. */
export function activations(model: SteerableModel, windows: readonly Int32Array[], layer: number): Tensor3D {
  return tf.tidy(() => trunk(model.gptrec, model.heads, packWindows(windows).inputs, { upTo: layer }));
}

function interventions(
  { sae }: SteerableModel,
  edits: readonly (readonly LatentEdit[])[],
  flatLast: tf.Tensor1D,
  [B, L]: [number, number],
): ((x: Tensor3D, layer: number) => Tensor3D) | undefined {
  if (edits.length !== 0 && edits.length !== B) throw new Error(`${edits.length} lists of edits for ${B} windows`);
  const all = edits.flat();
  if (all.length === 0) return undefined;
  const strange = all.find((edit) => edit.layer !== sae?.layer);
  if (sae === undefined || strange !== undefined) {
    throw new Error(`an edit acts after block ${strange?.layer}, where no SAE reads`);
  }
  return (x, layer) => {
    if (layer !== sae.layer) return x;
    const d = x.shape[2];
    const isLast = tf.scatterND(flatLast.expandDims(1), tf.onesLike(flatLast), [B * L]).toBool();
    const flat = x.reshape([B * L, d]) as Tensor2D;
    const steered = steer(tf.gather(flat, flatLast), sae.weights, edits);
    const spread = tf.scatterND(flatLast.expandDims(1), steered, [B * L, d]);
    return tf.where(isLast.expandDims(1), spread, flat).reshape([B, L, d]);
  };
}
