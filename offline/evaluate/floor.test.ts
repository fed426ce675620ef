import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { circleSplit } from '../../test/builders/split.js';
import { tensorsLeft } from '../../test/builders/tensors.js';
import { createRandom } from '../random.js';
import { untrainedFloor } from './floor.js';

const random = createRandom(5);
const split = circleSplit();
/** Noise: no direction tells anything of an item. */
const set = {
  values: Float32Array.from({ length: 400 * 6 }, () => random.normal()),
  items: Int32Array.from({ length: 400 }, () => random.below(12)),
  width: 6,
};

describe('the floor of best-of-many', () => {
  beforeAll(() => openRuntime('wasm'));

  it('rises with the number of features, without anything to be found', () => {
    const [few, many] = [4, 512].map((features) => untrainedFloor(split, set, { features, seed: 1 }).meanCorrelation);
    expect(few).toBeGreaterThanOrEqual(0);
    expect(many).toBeGreaterThan(few! + 0.03);
  });

  it('is the same at every measurement, names its attributes, and leaves no tensor', async () => {
    const floor = untrainedFloor(split, set, { features: 32, seed: 1 });
    expect(untrainedFloor(split, set, { features: 32, seed: 1 })).toEqual(floor);
    expect(untrainedFloor(split, set, { features: 32, seed: 2 })).not.toEqual(floor);
    expect(floor.attributes.map(({ attribute }) => attribute)).toEqual(['genre/Low', 'genre/High']);
    expect(await tensorsLeft(() => untrainedFloor(split, set, { features: 32, seed: 1 }))).toBe(0);
  });
});
