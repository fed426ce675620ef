import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { TINY_GPTREC, tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { referenceForward } from '../../test/builders/reference-model.js';
import { sequencesOf } from '../../test/builders/split.js';
import { expectClose, tensorsLeft, tinyModel } from '../../test/builders/tensors.js';
import { readActivations, scalarMoments } from './activation-set.js';

const { width: d } = TINY_GPTREC;
const checkpoint = tinyCheckpoint(8);
const LISTS = [[1, 2, 3, 4, 5], [], [7], [9, 8, 7, 6]];

describe('activations of users', () => {
  beforeAll(() => openRuntime('wasm'));

  it('are the residual stream at every real position of each window, and the item there', () => {
    const set = readActivations(tinyModel(checkpoint), sequencesOf(LISTS), { window: 3, layer: 1, site: 'block' });
    const windows = [[3, 4, 5], [7], [8, 7, 6]];
    expect([...set.items]).toEqual(windows.flat());
    expect(set.width).toBe(d);
    const expected = windows.flatMap((window) => referenceForward(checkpoint, window).streams[1]!.flat());
    expectClose(set.values, expected);
  });

  it('are of the first users, where only so many are wanted', () => {
    const set = readActivations(tinyModel(checkpoint), sequencesOf(LISTS), {
      window: 8,
      layer: 2,
      site: 'block',
      users: 3,
    });
    expect([...set.items]).toEqual([1, 2, 3, 4, 5, 7]);
  });

  it('do not depend on how users fall into batches', () => {
    const many = Array.from({ length: 130 }, (_, u) => [u % 12, (u * 5) % 12]);
    const set = readActivations(tinyModel(checkpoint), sequencesOf(many), { window: 8, layer: 1, site: 'block' });
    const last = readActivations(tinyModel(checkpoint), sequencesOf(many.slice(-1)), {
      window: 8,
      layer: 1,
      site: 'block',
    });
    expectClose(set.values.subarray(-2 * d), last.values, 1e-5);
  });

  it('leave no tensor behind', async () => {
    const model = tinyModel(checkpoint);
    expect(
      await tensorsLeft(() => readActivations(model, sequencesOf(LISTS), { window: 3, layer: 1, site: 'block' })),
    ).toBe(0);
  });

  it('have one mean and one standard deviation', () => {
    const { mean, std } = scalarMoments(Float32Array.of(1, 3, 5, 7));
    expect([mean, std]).toEqual([4, Math.sqrt(5)]);
  });
});
