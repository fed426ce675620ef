/**
 * GPTRec: a GPT-2 over items (Petrov and Macdonald 2023; the paper's section 5), as pure functions over a typed weight
 * tree. Pre-LayerNorm, learned absolute positions, GELU feed-forward of width 4d, output head tied to the item
 * embedding and without bias. The same functions train, evaluate and serve.
 *
 * Windows are aligned left: positions count from the window's start and padding follows the last item, so that the
 * causal mask alone keeps padding out of every real position.
 *
 * Letters in shapes: B windows of a batch, L positions, d width, V items, h heads.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import type { GptRecShape, Place, Site } from './shapes.js';
import { affine, gelu, layerNorm, takeRows, timesTransposed } from './gradients.js';

export interface Norm<T = Tensor> {
  /** [d] */
  readonly scale: T;
  /** [d] */
  readonly shift: T;
}

/** y = x W + b; weight [in, out], bias [out]. */
export interface Linear<T = Tensor> {
  readonly weight: T;
  readonly bias: T;
}

export interface Block<T = Tensor> {
  readonly norm1: Norm<T>;
  /** [d, 3d]: queries, keys and values side by side. */
  readonly qkv: Linear<T>;
  /** [d, d] */
  readonly out: Linear<T>;
  readonly norm2: Norm<T>;
  /** [d, 4d] */
  readonly up: Linear<T>;
  /** [4d, d] */
  readonly down: Linear<T>;
}

export interface GptRecWeights<T = Tensor> {
  /** [V, d], also the output head. */
  readonly items: T;
  /** [L, d] */
  readonly positions: T;
  readonly blocks: readonly Block<T>[];
  readonly norm: Norm<T>;
}

/** Shapes of all weights. */
export function gptRecShapes({ items, width, layers, window }: GptRecShape): GptRecWeights<Int32Array> {
  const shape = (...dimensions: number[]): Int32Array => Int32Array.from(dimensions);
  const norm = (): Norm<Int32Array> => ({ scale: shape(width), shift: shape(width) });
  const linear = (from: number, to: number): Linear<Int32Array> => ({ weight: shape(from, to), bias: shape(to) });
  const block = (): Block<Int32Array> => ({
    norm1: norm(),
    qkv: linear(width, 3 * width),
    out: linear(width, width),
    norm2: norm(),
    up: linear(width, 4 * width),
    down: linear(4 * width, width),
  });
  return {
    items: shape(items, width),
    positions: shape(window, width),
    blocks: Array.from({ length: layers }, block),
    norm: norm(),
  };
}

/** LayerNorm's epsilon, as in GPT-2. */
const EPSILON = 1e-5;

/** x [N, d] at a place -> what goes on from there [N, d]. `stream` [N, d]: what it is added to, x itself after a block. */
export type Hook = (x: Tensor2D, place: Place, stream: Tensor2D) => Tensor2D;

export interface TrunkOptions {
  /** Zeroes and rescales at random; in training only. On embeddings, attention weights and both residual branches. */
  readonly dropout?: (x: Tensor) => Tensor;
  /** Sees and may replace [B * L, d] at every site of every block: the place of interventions. */
  readonly hook?: Hook;
  /** Stops after this block, without the final norm (to read activations). */
  readonly upTo?: number;
}

/** items [B, L] int32 -> residual stream [B, L, d], normalised unless stopped early. */
export function trunk(weights: GptRecWeights, heads: number, items: Tensor2D, options: TrunkOptions = {}): Tensor3D {
  const { dropout = (x: Tensor) => x, hook = (x: Tensor2D) => x, upTo } = options;
  const [B, L] = items.shape;
  const d = weights.items.shape[1] as number;
  const embedded = takeRows(weights.items as Tensor2D, items.flatten()).reshape([B, L, d]);
  const positions = (weights.positions as Tensor2D).slice([0, 0], [L, d]);
  const mask = causalMask(L);
  let x = dropout(embedded.add(positions)) as Tensor3D;
  for (const [index, block] of weights.blocks.entries()) {
    const layer = index + 1;
    x = applyBlock(block, heads, x, mask, dropout, (value, site, stream) => hook(value, { layer, site }, stream));
    if (layer === upTo) return x;
  }
  return finalNorm(weights, x.reshape([B * L, d])).reshape([B, L, d]);
}

/** The norm before the output head. x [N, d]. */
export const finalNorm = (weights: GptRecWeights, x: Tensor2D): Tensor2D => normalise(weights.norm, x);

/** Scores of every item. states [N, d] (after the final norm) -> logits [N, V]. */
export function scores(weights: GptRecWeights, states: Tensor2D): Tensor2D {
  return timesTransposed(states, weights.items as Tensor2D);
}

const normalise = ({ scale, shift }: Norm, x: Tensor2D): Tensor2D =>
  layerNorm(x, scale as Tensor1D, shift as Tensor1D, EPSILON);

const linear = ({ weight, bias }: Linear, x: Tensor2D): Tensor2D => affine(x, weight as Tensor2D, bias as Tensor1D);

function applyBlock(
  block: Block,
  heads: number,
  x: Tensor3D,
  mask: Tensor2D,
  dropout: (x: Tensor) => Tensor,
  at: BlockHook,
): Tensor3D {
  const [B, L, d] = x.shape;
  const flat = x.reshape([B * L, d]) as Tensor2D;
  const { q, k, v } = queriesKeysValues(block, heads, x);
  return mixIn(block, flat, attend(q, k, v, mask, dropout), dropout, at).reshape([B, L, d]);
}

/** Queries, keys and values of the heads. */
export interface Qkv {
  readonly q: Tensor4D;
  readonly k: Tensor4D;
  readonly v: Tensor4D;
}

/** Residual stream x [B, L, d] -> [B, h, L, d/h] each. */
export function queriesKeysValues(block: Block, heads: number, x: Tensor3D): Qkv {
  const [B, L, d] = x.shape;
  const projected = linear(block.qkv, normalise(block.norm1, x.reshape([B * L, d])));
  const perHead = projected.reshape([B, L, 3, heads, d / heads]).transpose([2, 0, 3, 1, 4]);
  const [q, k, v] = tf.unstack(perHead) as [Tensor4D, Tensor4D, Tensor4D];
  return { q, k, v };
}

/** softmax(q k^T / sqrt(d/h) + mask) v. q [B, h, Lq, d/h], k and v [B, h, L, d/h], mask to [B, h, Lq, L] -> [B*Lq, d]. */
export function attend(
  q: Tensor4D,
  k: Tensor4D,
  v: Tensor4D,
  mask: Tensor,
  dropout = (x: Tensor): Tensor => x,
): Tensor2D {
  const [B, h, Lq, perHead] = q.shape;
  const scaled: Tensor4D = q.mul(1 / Math.sqrt(perHead));
  const logits = tf.matMul(scaled, k, false, true).add(mask);
  const attended = tf.matMul(dropout(tf.softmax(logits)) as Tensor4D, v);
  return attended.transpose([0, 2, 1, 3]).reshape([B * Lq, h * perHead]);
}

/** A hook within one block. */
type BlockHook = (x: Tensor2D, site: Site, stream: Tensor2D) => Tensor2D;

/** The rest of a block: residual stream x [N, d] and what was attended to [N, d] -> residual stream after it. */
export function mixIn(
  block: Block,
  x: Tensor2D,
  attended: Tensor2D,
  dropout = (y: Tensor): Tensor => y,
  at: BlockHook = (y) => y,
): Tensor2D {
  const middle: Tensor2D = x.add(at(dropout(linear(block.out, attended)) as Tensor2D, 'attention', x));
  const out: Tensor2D = middle.add(at(dropout(feedForward(block, middle)) as Tensor2D, 'mlp', middle));
  return at(out, 'block', out);
}

/**
 * The rest of a block once `value` [N, d] is at its site: -> residual stream after the block. `stream` [N, d] is what an
 * attention's or feed-forward's output is added to.
 */
export function finishBlock(block: Block, site: Site, stream: Tensor2D, value: Tensor2D): Tensor2D {
  if (site === 'block') return value;
  const next: Tensor2D = stream.add(value);
  return site === 'mlp' ? next : next.add(feedForward(block, next));
}

/** What the feed-forward adds to the residual stream x [N, d]. */
const feedForward = (block: Block, x: Tensor2D): Tensor2D =>
  linear(block.down, gelu(linear(block.up, normalise(block.norm2, x))) as Tensor2D);

/** [L, L]: 0 where a position may look, a large negative number where it would look ahead. */
function causalMask(L: number): Tensor2D {
  const mask = new Float32Array(L * L);
  for (let from = 0; from < L; from++) mask.fill(-1e9, from * L + from + 1, (from + 1) * L);
  return tf.tensor2d(mask, [L, L]);
}
