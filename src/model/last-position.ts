/**
 * Many interventions on the same windows. An intervention touches the last position alone, so one unsteered forward
 * call gives the keys and values of everything before it, and each intervention then costs one position:
 * about 1/L of a forward call and the scoring.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import { attend, finalNorm, finishBlock, type Hook, mixIn, queriesKeysValues, scores, trunk } from './gptrec.js';
import { isAt, packWindows, type SteerableModel } from './score.js';
import type { Place } from './shapes.js';

/** What an unsteered forward call leaves for interventions at a place. B windows of up to L positions. */
export interface Prefix extends Place {
  /** What passes the place at the last position of each window, [B, d]. */
  readonly last: Tensor2D;
  /** The residual stream that it is added to, [B, d]; after a block it is the stream itself. */
  readonly stream: Tensor2D;
  /** Keys and values of each later block, [B, h, L, d/h]. */
  readonly later: readonly { readonly k: Tensor4D; readonly v: Tensor4D }[];
  /** [B, 1, L, 1]: 1 at each window's last position. */
  readonly isLast: Tensor4D;
  /** [B, 1, 1, L]: 0 up to the last position, a large negative number after it. */
  readonly mask: Tensor4D;
}

/** One unsteered forward call. The caller disposes of the result with disposePrefix. */
export function readPrefix(model: SteerableModel, windows: readonly Int32Array[], { layer, site }: Place): Prefix {
  const place = { layer, site };
  return tf.tidy(() => {
    const { inputs, last } = packWindows(windows);
    const [B, L] = inputs.shape;
    const rows = tf.tensor1d(
      Int32Array.from(last, (position, b) => b * L + position),
      'int32',
    );
    const later: { k: Tensor4D; v: Tensor4D }[] = [];
    let found: { last: Tensor2D; stream: Tensor2D } | undefined;
    const hook: Hook = (x, at, stream) => {
      if (isAt(place, at)) found = { last: tf.gather(x, rows), stream: tf.gather(stream, rows) };
      if (at.site !== 'block' || at.layer < place.layer) return x;
      const next = model.gptrec.blocks[at.layer];
      if (next) {
        const { k, v } = queriesKeysValues(next, model.heads, x.reshape([B, L, x.shape[1]]));
        later.push({ k, v });
      }
      return x;
    };
    trunk(model.gptrec, model.heads, inputs, { hook });
    if (found === undefined) throw new Error(`the model has no block ${place.layer}`);
    const onLast = new Float32Array(B * L);
    const mask = new Float32Array(B * L);
    for (const [b, position] of last.entries()) {
      onLast[b * L + position] = 1;
      mask.fill(-1e9, b * L + position + 1, (b + 1) * L);
    }
    return {
      ...place,
      ...found,
      later,
      isLast: tf.tensor4d(onLast, [B, 1, L, 1]),
      mask: tf.tensor4d(mask, [B, 1, 1, L]),
    };
  });
}

export function disposePrefix({ last, stream, later, isLast, mask }: Prefix): void {
  tf.dispose([last, stream, isLast, mask, ...later.flatMap(({ k, v }) => [k, v])]);
}

/**
 * Logits [B, V] when x [B, d] passes its place at the last positions.
 * @param after what the residual stream [B, d] becomes after each later block (`layer` 1-based)
 */
export function scoresFrom(
  model: SteerableModel,
  prefix: Prefix,
  x: Tensor2D,
  after: (states: Tensor2D, layer: number) => Tensor2D = (states) => states,
): Tensor2D {
  return tf.tidy(() => {
    const { layer, site } = prefix;
    const edited = model.gptrec.blocks[layer - 1];
    if (edited === undefined) throw new Error(`the model has no block ${layer}`);
    let states = finishBlock(edited, site, prefix.stream, x);
    for (const [i, { k, v }] of prefix.later.entries()) {
      const block = model.gptrec.blocks[layer + i];
      if (block === undefined) break;
      const [B, d] = states.shape;
      const own = queriesKeysValues(block, model.heads, states.reshape([B, 1, d]));
      const keys = blend(k, own.k, prefix.isLast);
      const values = blend(v, own.v, prefix.isLast);
      states = after(mixIn(block, states, attend(own.q, keys, values, prefix.mask)), layer + i + 1);
    }
    return scores(model.gptrec, finalNorm(model.gptrec, states));
  });
}

/** The last position's own in place of the unsteered one. */
const blend = (all: Tensor4D, own: Tensor4D, isLast: Tensor): Tensor4D => all.add(own.sub(all).mul(isLast));
