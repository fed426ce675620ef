import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import type { Sae } from '../../src/model/sae.js';
import { loadSae } from '../../src/model/weights.js';
import type { ActivationSet } from '../sae/activation-set.js';
import { carriersOf, discoveredFeatures } from './discovered.js';

const WIDTH = 8;

/** Feature j is active where x_j is above a half. */
function mirror(): Sae {
  const array = (...shape: number[]): WeightArray => ({
    shape,
    data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
  });
  const square = array(WIDTH, WIDTH);
  for (let j = 0; j < WIDTH; j++) square.data[j * WIDTH + j] = 1;
  const bias = array(WIDTH);
  bias.data.fill(-0.5);
  const weights = new Map([
    ['sae.encoder', square],
    ['sae.encoderBias', bias],
    ['sae.decoder', square],
    ['sae.decoderBias', array(WIDTH)],
    ['sae.scaling', { shape: [2], data: Float32Array.of(0, 1) }],
  ]);
  const shape = { width: WIDTH, features: WIDTH, layer: 1, site: 'block', activation: { kind: 'relu' } } as const;
  return loadSae(shape, weights);
}

/** Feature j is active on items 3j, 3j + 1 and 3j + 2, which are met `met[j]` times each. */
function setOf(met: readonly number[]): ActivationSet {
  const items = met.flatMap((times, j) => Array.from({ length: 3 * times }, (_, n) => 3 * j + (n % 3)));
  const values = new Float32Array(items.length * WIDTH);
  for (const [n, item] of items.entries()) values[n * WIDTH + Math.floor(item / 3)] = 1 + (item % 3);
  return { values, items: Int32Array.from(items), width: WIDTH };
}

describe('discovered features', () => {
  beforeAll(() => openRuntime('wasm'));

  it('are carried by items at more than half of whose positions they are active, the strongest first', () => {
    const items = Int32Array.from([1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4]);
    const values = Float32Array.from([1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 9, 9, 9, 9, 2, 2, 2, 0, 0]);
    // 2 is active at half of its positions, 3 is met too seldom.
    expect([...carriersOf(values, items)]).toEqual([4, 1]);
  });

  it('line up with no label, are active at a quarter of all positions at most, and the most frequent come first', () => {
    const sae = mirror();
    // Feature 7 is active at more than a quarter, feature 0 on items that are met too seldom.
    const set = setOf([4, 10, 11, 12, 13, 14, 15, 40]);
    const find = (labels: readonly Int32Array[], count = 8, minItems = 3): string[] =>
      discoveredFeatures(sae, set, labels, { count, minItems }).map(({ name }) => name);
    expect(find([])).toEqual([6, 5, 4, 3, 2, 1].map((j) => `feature/${j}`));
    expect(find([], 2)).toEqual(['feature/6', 'feature/5']);
    expect(find([], 8, 4)).toEqual([]);
    // Feature 5 is named; feature 6 is on two others as well as on one of the items of the second label.
    const labels = [Int32Array.of(15, 16, 17), Int32Array.of(18, 0, 3, 6, 9, 12, 21)];
    expect(find(labels)).toEqual([6, 4, 3, 2, 1].map((j) => `feature/${j}`));
    const [first] = discoveredFeatures(sae, set, [], { count: 1, minItems: 3 });
    expect(first).toEqual({ name: 'feature/6', feature: 6, items: Int32Array.of(20, 19, 18) });
  });
});
