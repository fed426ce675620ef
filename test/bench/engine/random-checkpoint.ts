/** A checkpoint of any size with random weights: what it lists means nothing, what it costs is what a real one costs. */
import { createRandom } from '../../../offline/random.js';
import type { Checkpoint, WeightArray } from '../../../src/checkpoint/checkpoint.js';
import { gptRecShapes } from '../../../src/model/gptrec.js';
import { saeShapes } from '../../../src/model/sae.js';
import type { GptRecShape, SaeShape } from '../../../src/model/shapes.js';
import { leaves, type Tree } from '../../../src/model/tree.js';
import { tinyCheckpoint } from '../../builders/checkpoint.js';

const ATTRIBUTES = 20;

export function randomCheckpoint(gptrec: GptRecShape, features: number, seed = 1): Checkpoint {
  const random = createRandom(seed);
  const sae: SaeShape = {
    width: gptrec.width,
    features,
    layer: Math.min(2, gptrec.layers),
    site: 'block',
    activation: { kind: 'relu' },
  };
  const shapes = [
    ...leaves(gptRecShapes(gptrec) as unknown as Tree<Int32Array>, 'gptrec'),
    ...leaves(saeShapes(sae) as unknown as Tree<Int32Array>, 'sae'),
  ];
  const weights = shapes.map(([name, shape]): [string, WeightArray] => {
    const data = new Float32Array(shape.reduce((size, n) => size * n, 1)).map(() => random.normal() * 0.1);
    if (name.endsWith('.scale')) data.fill(1);
    if (name === 'sae.scaling') data.set([0, 1]);
    return [name, { shape: [...shape], data }];
  });
  const tiny = tinyCheckpoint();
  const { items } = gptrec;
  const some = (): Int32Array => Int32Array.from({ length: items / ATTRIBUTES }, () => random.below(items)).sort();
  return {
    ...tiny,
    manifest: { ...tiny.manifest, gptrec, sae, steering: { directions: 0, adapters: 0, hidden: 0 } },
    weights: new Map(weights),
    vocabulary: {
      items: Array.from({ length: items }, (_, item) => `i${item}`),
      counts: Float64Array.from({ length: items }, () => 1),
    },
    attributes: {
      names: Array.from({ length: ATTRIBUTES }, (_, attribute) => `genre/${attribute}`),
      items: Array.from({ length: ATTRIBUTES }, some),
    },
  };
}
