import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { features as saeFeatures } from '../../src/model/sae.js';
import { TINY_SAES, tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { sequencesOf } from '../../test/builders/split.js';
import { expectClose, tensorsLeft, tinyModel, valuesOf } from '../../test/builders/tensors.js';
import { readActivations } from '../sae/activation-set.js';
import { activationsOf, histogramOf, strongestSequences } from './portraits.js';

describe('activations of some features', () => {
  beforeAll(() => openRuntime('wasm'));

  it('are columns of those of all, whichever activation the dictionary has', async () => {
    for (const shape of TINY_SAES) {
      const model = tinyModel(tinyCheckpoint(3, 12, shape));
      const set = readActivations(model, sequencesOf([[1, 2, 3, 4], [5], [6, 7]]), { window: 8, ...shape });
      const all = valuesOf(saeFeatures(model.sae, tf.tensor2d(set.values, [7, 8])));
      for (const [j, column] of activationsOf(model.sae, set, [5, 0]).entries())
        expectClose(
          column,
          Array.from({ length: 7 }, (_, n) => all[n * 16 + [5, 0][j]!]!),
        );
      expect(activationsOf(model.sae, set, [])).toEqual([]);
      expect(await tensorsLeft(() => activationsOf(model.sae, set, [1]))).toBe(0);
    }
  });
});

describe('a histogram', () => {
  it('has equal bins up to the greatest activation; what is inactive is by itself', () => {
    const bears = [true, true, true, true, false, false];
    expect(histogramOf(Float32Array.of(0, 1, 3, 4, 0, 2), bears, 4)).toEqual({
      edges: [0, 1, 2, 3, 4],
      zeroWith: 0.25,
      withAttribute: [0, 0.25, 0, 0.5],
      zeroWithout: 0.5,
      without: [0, 0, 0.5, 0],
    });
  });

  it('of each kind makes 1, or is empty', () => {
    const points = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.boolean()), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 12 }), (all, bins) => {
        const bears = all.map(([, label]) => label);
        const made = histogramOf(
          Float32Array.from(all, ([value]) => value / 10),
          bears,
          bins,
        );
        const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
        expect(made.zeroWith + sum(made.withAttribute)).toBeCloseTo(bears.includes(true) ? 1 : 0, 9);
        expect(made.zeroWithout + sum(made.without)).toBeCloseTo(bears.includes(false) ? 1 : 0, 9);
        expect([made.edges.length, made.without.length]).toEqual([bins + 1, bins]);
      }),
    );
  });
});

describe('the strongest sequences', () => {
  const titles = Array.from({ length: 30 }, (_, i) => `T${i}`);

  it('are stretches around the greatest activation, one a user, the strongest first', () => {
    const sequences = sequencesOf([[1, 2, 3], Array.from({ length: 20 }, (_, i) => i), [], [4, 5]]);
    // Windows of 16: user 1's begins with item 4.
    const activations = new Float32Array(3 + 16 + 2);
    activations[1] = 2; // item 2 of user 0
    activations[3 + 9] = 5; // item 13 of user 1
    const found = strongestSequences({ titles }, sequences, activations, {
      window: 16,
      bearers: new Set([13, 2]),
      count: 5,
    });
    expect(found.map(({ user }) => user)).toEqual(['u1', 'u0']);
    expect(found[0]?.items.map(({ title }) => title)).toEqual(
      ['T6', 'T7', 'T8', 'T9', 'T10', 'T11', 'T12', 'T13', 'T14', 'T15'], // biome-ignore format: a row
    );
    expect(found[0]?.items.filter(({ activation }) => activation > 0)).toEqual([
      { title: 'T13', activation: 5, bears: true },
    ]);
    expect(found[1]?.items).toEqual([
      { title: 'T1', activation: 0, bears: false },
      { title: 'T2', activation: 2, bears: true },
      { title: 'T3', activation: 0, bears: false },
    ]);
  });
});
