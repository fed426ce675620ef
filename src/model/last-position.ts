/**
 * Many interventions on the same windows. An intervention touches the last position alone, so one unsteered forward
 * call gives the keys and values of everything before it, and each intervention then costs one position:
 * about 1/L of a forward call and the scoring.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import { finalNorm, finishBlock, type Hook, mixIn, type Qkv, queriesKeysValues, scores, trunk } from './gptrec.js';
import type { EditAt } from './edited.js';
import { packWindows, type SteerableModel } from './score.js';
import { isAt, type Place, type Site } from './shapes.js';

/** What an unsteered forward call leaves for interventions at a place. B windows of up to L positions. */
export interface Prefix extends Place {
  /** What passes the place at the last position of each window, [B, d]. */
  readonly last: Tensor2D;
  /** The residual stream that it is added to, [B, d]; after a block it is the stream itself. */
  readonly stream: Tensor2D;
  /** Keys and values of each later block, [B, h, L, d/h]. */
  readonly later: readonly { readonly k: Tensor4D; readonly v: Tensor4D }[];
  /** [B, 1, 1, L]: 0 before the last position, a large negative number from there on. */
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
    const mask = new Float32Array(B * L);
    for (const [b, position] of last.entries()) mask.fill(-1e9, b * L + position, (b + 1) * L);
    return { ...place, ...found, later, mask: tf.tensor4d(mask, [B, 1, 1, L]) };
  });
}

export function disposePrefix({ last, stream, later, mask }: Prefix): void {
  tf.dispose([last, stream, mask, ...later.flatMap(({ k, v }) => [k, v])]);
}

/** Logits [B, V], as statesFrom. */
export const scoresFrom = (model: SteerableModel, prefix: Prefix, x: Tensor2D, edit?: EditAt): Tensor2D =>
  tf.tidy(() => scores(model.gptrec, statesFrom(model, prefix, x, edit)));

/**
 * What the output head reads, [B, d], when x [B, d] passes the prefix's place at the last positions.
 * @param edit what becomes of what passes the places after it
 */
export function statesFrom(
  model: SteerableModel,
  prefix: Prefix,
  x: Tensor2D,
  edit: EditAt = (states) => states,
): Tensor2D {
  return tf.tidy(() => {
    const { layer, site } = prefix;
    const first = model.gptrec.blocks[layer - 1];
    if (first === undefined) throw new Error(`the model has no block ${layer}`);
    let states = finishBlock(first, site, prefix.stream, x);
    if (site !== 'block') states = edit(states, { layer, site: 'block' });
    for (const [i, { k, v }] of prefix.later.entries()) {
      const block = model.gptrec.blocks[layer + i];
      if (block === undefined) break;
      const [B, d] = states.shape;
      const own = queriesKeysValues(block, model.heads, states.reshape([B, 1, d]));
      const attended = attendLast(own, k, v, prefix.mask);
      const at = (value: Tensor2D, where: Site): Tensor2D => edit(value, { layer: layer + i + 1, site: where });
      states = mixIn(block, states, attended, undefined, at);
    }
    return finalNorm(model.gptrec, states);
  });
}

/**
 * The last position's attention, [B, d]: to what lies before it, unsteered, and to itself as it is now. own: of that
 * position [B, h, 1, d/h]; k, v: of all [B, h, L, d/h]; mask leaves those before it.
 */
function attendLast(own: Qkv, k: Tensor4D, v: Tensor4D, mask: Tensor4D): Tensor2D {
  const [B, h, L, perHead] = k.shape;
  const before = tf
    .matMul(own.q, k, false, true)
    .mul(1 / Math.sqrt(perHead))
    .add(mask);
  const itself = own.q
    .mul(own.k)
    .sum(-1, true)
    .mul(1 / Math.sqrt(perHead));
  const weights: Tensor4D = tf.softmax(tf.concat([before, itself], -1)) as Tensor4D;
  const attended = tf
    .matMul(weights.slice([0, 0, 0, 0], [B, h, 1, L]), v)
    .add(own.v.mul(weights.slice([0, 0, 0, L], [B, h, 1, 1])));
  return attended.reshape([B, h * perHead]);
}
