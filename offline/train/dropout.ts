/**
 * Seeded dropout. Masks are drawn here and not by the runtime, so that every runtime trains on the same ones, and a
 * resumed run on the same as an uninterrupted one.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { createRandom } from '../random.js';

/** A dropout function for one training step: its calls draw one mask after the other. */
export type Dropout = (x: Tensor) => Tensor;

/**
 * Dropout functions by seeds, one for every step of a training. A step's masks lie in the memory of those of the step
 * before, which must be over: masks are the most that a step draws, and new arrays would have the collector run in each.
 */
export function createDropouts(rate: number): (...seeds: readonly number[]) => Dropout {
  const masks: Float32Array[] = [];
  return (...seeds) => {
    if (rate === 0) return (x) => x;
    let call = 0;
    return (x) => {
      const before = masks[call];
      const memory = before !== undefined && before.length >= x.size ? before : new Float32Array(x.size);
      masks[call] = memory;
      const mask = memory.subarray(0, x.size);
      drawMask(mask, rate, createRandom(...seeds, call++).below(2 ** 32));
      return x.mul(tf.tensor(mask, x.shape));
    };
  };
}

/**
 * Zero with probability `rate`, else 1 / (1 - rate): expectations stay. What is drawn are the gaps from one zero to the
 * next, P(gap >= g) = (1 - rate)^g: with few zeros many times fewer draws than one for each value.
 */
export function drawMask(mask: Float32Array, rate: number, seed: number): void {
  mask.fill(1 / (1 - rate));
  const gaps = gapsOf(rate);
  // xorshift32 (Marsaglia 2003), inlined: hundreds of thousands of draws a step, two from each word.
  let state = seed | 1;
  for (let at = -1; ; ) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    at += 1 + (gaps[state & 0xffff] ?? 0);
    if (at >= mask.length) return;
    mask[at] = 0;
    at += 1 + (gaps[state >>> 16] ?? 0);
    if (at >= mask.length) return;
    mask[at] = 0;
  }
}

const tables = new Map<number, Uint32Array>();

/** Gaps by 16 random bits: the distribution's quantiles. */
function gapsOf(rate: number): Uint32Array {
  const quantile = (i: number): number => Math.floor(Math.log((i + 0.5) / 2 ** 16) / Math.log1p(-rate));
  const gaps = tables.get(rate) ?? Uint32Array.from({ length: 2 ** 16 }, (_, i) => quantile(i));
  tables.set(rate, gaps);
  return gaps;
}
