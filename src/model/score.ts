/** From windows and edits to the scores of every item: the one forward call that everything else is built on. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import type { ModelEdit } from './edit.js';
import { type Editable, edited } from './edited.js';
import { type Hook, scores, trunk } from './gptrec.js';
import { isAt, type Place } from './shapes.js';

export interface SteerableModel extends Editable {
  readonly heads: number;
}

export type ModelWithSae = SteerableModel & Required<Pick<Editable, 'sae'>>;

/** Windows of item indexes, oldest first, packed to the longest: inputs [B, L] and each window's last position. */
export function packWindows(windows: readonly Int32Array[]): { inputs: Tensor2D; last: Int32Array } {
  const L = Math.max(1, ...windows.map((window) => window.length));
  const inputs = new Int32Array(windows.length * L);
  for (const [b, window] of windows.entries()) inputs.set(window, b * L);
  const last = Int32Array.from(windows, (window) => Math.max(0, window.length - 1));
  return { inputs: tf.tensor2d(inputs, [windows.length, L], 'int32'), last };
}

/** Logits [B, V] at the last position of each of B windows: the products of lastStates with the items' embeddings. */
export function lastScores(
  model: SteerableModel,
  windows: readonly Int32Array[],
  edits: readonly (readonly ModelEdit[])[] = [],
): Tensor2D {
  return tf.tidy(() => scores(model.gptrec, lastStates(model, windows, edits)));
}

/**
 * What the items are scored by, [B, d], at the last position of each of B windows (1 to L items each); row b is steered by
 * `edits[b]`. Edits act on the last position alone. Without edits it is the unsteered model.
 * @throws Error for an edit that refers to what the model lacks, and for a number of edit lists that is not B.
 */
export function lastStates(
  model: SteerableModel,
  windows: readonly Int32Array[],
  edits: readonly (readonly ModelEdit[])[] = [],
): Tensor2D {
  return tf.tidy(() => {
    const { inputs, last } = packWindows(windows);
    const [B, L] = inputs.shape;
    const flatLast = tf.tensor1d(
      Int32Array.from(last, (position, b) => b * L + position),
      'int32',
    );
    const hook = interventions(model, edits, flatLast, [B, L]);
    const states = trunk(model.gptrec, model.heads, inputs, { ...(hook && { hook }) });
    const width = states.shape[2];
    return tf.gather(states.reshape([B * L, width]) as Tensor2D, flatLast);
  });
}

/** What passes each of the places at every position of the windows, from one forward call: [B, L, d] each. */
export function activations(
  model: SteerableModel,
  windows: readonly Int32Array[],
  places: readonly Place[],
): Tensor3D[] {
  return tf.tidy(() => {
    const { inputs } = packWindows(windows);
    const found: Tensor3D[] = [];
    const hook: Hook = (x, at) => {
      for (const [i, place] of places.entries())
        if (isAt(place, at)) found[i] = x.reshape([...inputs.shape, x.shape[1]]);
      return x;
    };
    trunk(model.gptrec, model.heads, inputs, { hook, upTo: Math.max(...places.map(({ layer }) => layer)) });
    return found;
  });
}

function interventions(
  model: Editable,
  edits: readonly (readonly ModelEdit[])[],
  flatLast: tf.Tensor1D,
  [B, L]: [number, number],
): Hook | undefined {
  if (edits.length !== 0 && edits.length !== B) throw new Error(`${edits.length} lists of edits for ${B} windows`);
  const edit = edited(model, edits);
  if (edit === undefined) return undefined;
  return (x, place) => {
    const passing = tf.gather(x, flatLast);
    const steered = edit(passing, place);
    if (steered === passing) return x;
    const isLast = tf.scatterND(flatLast.expandDims(1), tf.onesLike(flatLast), [B * L]).toBool();
    const spread: Tensor2D = tf.scatterND(flatLast.expandDims(1), steered, [B * L, x.shape[1]]);
    return tf.where(isLast.expandDims(1), spread, x) as Tensor2D;
  };
}
