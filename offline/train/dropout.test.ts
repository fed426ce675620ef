import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { tensorsLeft, valuesOf } from '../../test/builders/tensors.js';
import { createDropouts, drawMask, type Dropout } from './dropout.js';

/** Over what an earlier mask left. */
function maskOf(size: number, rate: number, seed: number): Float32Array {
  const mask = new Float32Array(size).fill(7);
  drawMask(mask, rate, seed);
  return mask;
}

describe('dropout', () => {
  beforeAll(() => openRuntime('wasm'));

  it.each([0.1, 0.5, 0.9])('zeroes a share of %j, and rescales the rest so that the mean stays', (rate) => {
    const size = 200_001;
    const mask = maskOf(size, rate, 12345);
    const zeros = mask.filter((value) => value === 0).length / size;
    // Four standard errors.
    expect(Math.abs(zeros - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / size));
    const values = new Set(mask);
    expect([...values].sort()[0]).toBe(0);
    expect(Math.max(...values)).toBeCloseTo(1 / (1 - rate), 2);
    expect(values.size).toBe(2);
  });

  it('has neighbours that know nothing of each other', () => {
    const mask = maskOf(100_000, 0.5, 99);
    let both = 0;
    for (let i = 1; i < mask.length; i++) if (mask[i] === 0 && mask[i - 1] === 0) both++;
    expect(both / mask.length).toBeCloseTo(0.25, 1);
  });

  it('draws the same masks for the same seeds, others for others, and another one at every call', () => {
    const ones = tf.ones([4, 50]);
    const draw = (seeds: number[], calls: number): number[][] => {
      const dropout = createDropouts(0.5)(...seeds);
      return Array.from({ length: calls }, () => valuesOf(dropout(ones)));
    };
    const [first, second] = draw([42, 1, 0], 2);
    expect(draw([42, 1, 0], 2)).toEqual([first, second]);
    expect(second).not.toEqual(first);
    for (const seeds of [
      [43, 1, 0],
      [42, 2, 0],
      [42, 1, 1],
    ])
      expect(draw(seeds, 1)[0]).not.toEqual(first);
    ones.dispose();
  });

  it('draws in a step what it would draw without the steps before it', () => {
    const x = tf.ones([4, 50]);
    const small = tf.ones([3]);
    const draw = (dropout: Dropout): number[][] => [x, small].map((t) => valuesOf(dropout(t)));
    const alone = draw(createDropouts(0.5)(42, 2));
    const dropouts = createDropouts(0.5);
    dropouts(42, 1)(small).dispose();
    draw(dropouts(42, 1));
    expect(draw(dropouts(42, 2))).toEqual(alone);
    tf.dispose([x, small]);
  });

  it('at rate 0 returns its very argument', () => {
    const x = tf.ones([2]);
    expect(createDropouts(0)(1)(x)).toBe(x);
  });

  it('leaves no tensor but its result', async () => {
    const x = tf.ones([3, 3]);
    expect(await tensorsLeft(() => valuesOf(tf.tidy(() => createDropouts(0.5)(1)(x))))).toBe(0);
  });
});
