/** On activations whose causes are known, every kind of dictionary must find them. */
import { beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src/adapters/tfjs/runtime.js';
import { features } from '../../src/model/sae.js';
import { disposeTensors, loadSae } from '../../src/model/weights.js';
import { temporaryFolder } from '../../test/builders/folder.js';
import { featureStatistics, topFeatures } from '../evaluate/interpretability.js';
import { createRandom } from '../random.js';
import type { ActivationSet } from './activation-set.js';
import { SAE_KINDS, type Schedule } from './dictionary.js';
import { dictionariesOf } from './grid.js';
import { type TrainedDictionary, trainDictionaries } from './training.js';

const [d, causes, rows, m] = [20, 8, 2000, 16];
/** How many causes are present at a time. */
const PRESENT = 2;

const directions = ((random) => Array.from({ length: causes }, () => Array.from({ length: d }, () => random.normal())))(
  createRandom(7),
);

/** Sums of the directions of the causes that are present, and noise. A row's item is the set of them, as bits. */
function knownCauses(seed: number): ActivationSet {
  const random = createRandom(seed);
  const values = new Float32Array(rows * d).map(() => random.normal() * 0.1);
  const items = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    for (const cause of random.shuffle(Int32Array.from(directions, (_, c) => c)).subarray(0, PRESENT)) {
      items[row]! |= 1 << cause;
      const strength = 0.5 + random.random();
      for (const [i, value] of directions[cause]!.entries()) values[row * d + i]! += strength * value;
    }
  }
  return { values, items, width: d };
}

/** By cause: the sets that it is in. */
const BEARERS = Array.from({ length: causes }, (_, cause) =>
  Int32Array.from({ length: 1 << causes }, (__, set) => set).filter((set) => (set >> cause) & 1),
);

function meanBestCorrelation({ shape, weights }: TrainedDictionary, set: ActivationSet): number {
  const sae = loadSae(shape, weights);
  const best = topFeatures(featureStatistics(set, BEARERS, (x) => features(sae, x)));
  disposeTensors(sae.weights);
  return best.reduce((sum, { correlation }) => sum + correlation, 0) / causes;
}

const DICTIONARIES = dictionariesOf({
  kind: SAE_KINDS,
  layer: [1],
  site: ['block'],
  features: [m],
  l1: [0.2],
  loss: 'unsquared',
  k: [PRESENT],
  seed: [1],
});

function train(steps: number): Promise<TrainedDictionary[]> {
  const schedule: Schedule = { seed: 1, batch: 64, steps, warmUp: 20, learningRate: 0.01, deadAfter: 2_000 };
  return trainDictionaries(
    () => knownCauses(1),
    DICTIONARIES,
    schedule,
    temporaryFolder(),
    new AbortController().signal,
  );
}

describe('dictionaries of activations with known causes', () => {
  beforeAll(() => openRuntime('wasm'));

  it('find them, whichever kind, on activations that they have not seen; untrained ones do not', async () => {
    const unseen = knownCauses(2);
    const untrained = (await train(1)).map((one) => meanBestCorrelation(one, unseen));
    const trained = (await train(600)).map((one) => meanBestCorrelation(one, unseen));
    for (const [i, { name }] of DICTIONARIES.entries()) {
      expect(untrained[i], name).toBeLessThan(0.7);
      expect(trained[i], name).toBeGreaterThan(0.8);
    }
  }, 60_000);
});
