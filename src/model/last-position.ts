/**
 * Many interventions on the same windows. An intervention touches the last position alone, so one unsteered forward
 * call gives the keys and values of everything before it, and each intervention then costs one position:
 * about 1/L of a forward call and the scoring.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import { attend, finalNorm, mixIn, queriesKeysValues, scores, trunk } from './gptrec.js';
import { packWindows, type SteerableModel } from './score.js';

/** What an unsteered forward call leaves for interventions after block `layer`. B windows of up to L positions. */
export interface Prefix {
  readonly layer: number;
  /** Residual stream after that block at the last position of each window, [B, d]. */
  readonly last: Tensor2D;
  /** Keys and values of each later block, [B, h, L, d/h]. */
  readonly later: readonly { readonly k: Tensor4D; readonly v: Tensor4D }[];
  /** [B, 1, L, 1]: 1 at each window's last position. */
  readonly isLast: Tensor4D;
  /** [B, 1, 1, L]: 0 up to the last position, a large negative number after it. */
  readonly mask: Tensor4D;
}

/** One unsteered forward call. The caller disposes of the result with disposePrefix. */
export function readPrefix(model: SteerableModel, windows: readonly Int32Array[], layer: number): Prefix {
  return tf.tidy(() => {
    const { inputs, last } = packWindows(windows);
    const [B, L] = inputs.shape;
    const rows = tf.tensor1d(
      Int32Array.from(last, (position, b) => b * L + position),
      'int32',
    );
    const later: { k: Tensor4D; v: Tensor4D }[] = [];
    let atLast: Tensor2D | undefined;
    const afterBlock = (x: Tensor3D, index: number): Tensor3D => {
      if (index === layer) atLast = tf.gather(x.reshape([B * L, x.shape[2]]) as Tensor2D, rows);
      const next = model.gptrec.blocks[index];
      if (index >= layer && next) {
        const { k, v } = queriesKeysValues(next, model.heads, x);
        later.push({ k, v });
      }
      return x;
    };
    trunk(model.gptrec, model.heads, inputs, { afterBlock });
    if (atLast === undefined) throw new Error(`the model has no block ${layer}`);
    const onLast = new Float32Array(B * L);
    const mask = new Float32Array(B * L);
    for (const [b, position] of last.entries()) {
      onLast[b * L + position] = 1;
      mask.fill(-1e9, b * L + position + 1, (b + 1) * L);
    }
    return {
      layer,
      last: atLast,
      later,
      isLast: tf.tensor4d(onLast, [B, 1, L, 1]),
      mask: tf.tensor4d(mask, [B, 1, 1, L]),
    };
  });
}

export function disposePrefix({ last, later, isLast, mask }: Prefix): void {
  tf.dispose([last, isLast, mask, ...later.flatMap(({ k, v }) => [k, v])]);
}

/** Logits [B, V] when the residual stream after block `prefix.layer` is x [B, d] at the last positions. */
export function scoresFrom(model: SteerableModel, prefix: Prefix, x: Tensor2D): Tensor2D {
  return tf.tidy(() => {
    let states = x;
    for (const [i, { k, v }] of prefix.later.entries()) {
      const block = model.gptrec.blocks[prefix.layer + i];
      if (block === undefined) break;
      const [B, d] = states.shape;
      const own = queriesKeysValues(block, model.heads, states.reshape([B, 1, d]));
      const keys = blend(k, own.k, prefix.isLast);
      const values = blend(v, own.v, prefix.isLast);
      states = mixIn(block, states, attend(own.q, keys, values, prefix.mask));
    }
    return scores(model.gptrec, finalNorm(model.gptrec, states));
  });
}

/** The last position's own in place of the unsteered one. */
const blend = (all: Tensor4D, own: Tensor4D, isLast: Tensor): Tensor4D => all.add(own.sub(all).mul(isLast));
