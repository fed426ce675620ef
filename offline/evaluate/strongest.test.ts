import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { features as saeFeatures } from '../../src/model/sae.js';
import { tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { sequencesOf } from '../../test/builders/split.js';
import { tensorsLeft, tinyModel, valuesOf } from '../../test/builders/tensors.js';
import { readActivations } from '../sae/activation-set.js';
import { strongestPositions } from './strongest.js';

describe('the strongest positions of every feature', () => {
  beforeAll(() => openRuntime('wasm'));

  it('are those of its greatest activations, descending, and none where it is not active', async () => {
    const model = tinyModel(tinyCheckpoint(3));
    const walks = Array.from({ length: 9 }, (_, u) => [u % 12, (u * 5 + 1) % 12, (u * 7 + 2) % 12, (u + 3) % 12]);
    const set = readActivations(model, sequencesOf(walks), { window: 8, layer: 1, site: 'block' });
    const [N, m] = [set.items.length, model.sae.shape.features];
    const all = valuesOf(saeFeatures(model.sae, tf.tensor2d(set.values, [N, set.width])));
    for (const count of [3, 100])
      for (const [j, { positions, activations }] of strongestPositions(model.sae, set, count).entries()) {
        const column = Array.from({ length: N }, (_, n) => all[n * m + j]!);
        const greatest = column
          .filter((value) => value > 0)
          .sort((a, b) => b - a)
          .slice(0, count);
        expect([...activations].map((value) => value.toFixed(5))).toEqual(greatest.map((value) => value.toFixed(5)));
        for (const [i, position] of positions.entries()) expect(column[position]).toBeCloseTo(activations[i]!, 5);
      }
    expect(await tensorsLeft(() => strongestPositions(model.sae, set, 3))).toBe(0);
  });
});
