/**
 * Seeded dropout. Masks are drawn here and not by the runtime, so that every runtime trains on the same ones, and a
 * resumed run on the same as an uninterrupted one.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { createRandom } from '../random.js';

/** A dropout function for one training step: its calls draw one mask after the other. */
export function createDropout(rate: number, ...seeds: readonly number[]): (x: Tensor) => Tensor {
  if (rate === 0) return (x) => x;
  let call = 0;
  return (x) => {
    const mask = dropoutMask(x.size, rate, createRandom(...seeds, call++).below(2 ** 32));
    return x.mul(tf.tensor(mask, x.shape));
  };
}

/** Zero with probability `rate` (in steps of 1/65536), else 1 / (1 - rate): expectations stay. */
export function dropoutMask(size: number, rate: number, seed: number): Float32Array {
  const mask = new Float32Array(size + (size % 2));
  const threshold = Math.round(rate * 65536);
  const kept = 65536 / (65536 - threshold);
  // xorshift32 (Marsaglia 2003), inlined: millions of draws a step, two from each word.
  let state = seed | 1;
  for (let i = 0; i < mask.length; i += 2) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    mask[i] = (state & 0xffff) < threshold ? 0 : kept;
    mask[i + 1] = state >>> 16 < threshold ? 0 : kept;
  }
  return mask.length === size ? mask : mask.subarray(0, size);
}
