/** A checkpoint small enough for tests: random weights, two genres, items `i0` to `i11`. */
import type { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import { type CheckpointDraft, decodeCheckpoint, encodeCheckpoint } from '../../src/checkpoint/files.js';
import { FORMAT_VERSION } from '../../src/checkpoint/manifest.js';
import { gptRecShapes } from '../../src/model/gptrec.js';
import type { SaeShape, SteeringShape } from '../../src/model/shapes.js';
import { saeShapes } from '../../src/model/sae.js';
import { steeringShapes } from '../../src/model/steering-weights.js';
import { type Tree, leaves } from '../../src/model/tree.js';
import type { AttributeSteering } from '../../src/steering/steering-map.js';

const itemIds = (count: number): string[] => Array.from({ length: count }, (_, index) => `i${index}`);

export const TINY_ITEMS = itemIds(12);
export const TINY_ATTRIBUTES = ['genre/Even', 'genre/Low'] as const;

export const TINY_GPTREC = { items: 12, width: 8, heads: 2, layers: 2, window: 8 } as const;
export const TINY_SAE = {
  width: 8,
  features: 16,
  layer: 1,
  site: 'block',
  activation: { kind: 'relu' },
} as const satisfies SaeShape;

export const TINY_STEERING = { directions: 2, adapters: 2, hidden: 5 } as const;

/** A different seed gives a different checkpoint. */
export function tinyCheckpointFiles(seed = 1): Map<string, Buffer> {
  return encodeCheckpoint(tinyDraft(seed));
}

/** Every way in which an encoder ends, at every site. */
export const TINY_SAES: readonly SaeShape[] = (['block', 'attention', 'mlp'] as const).flatMap((site) =>
  ([{ kind: 'relu' }, { kind: 'topk', k: 3 }, { kind: 'threshold' }] as const).map((activation) => ({
    ...TINY_SAE,
    site,
    activation,
  })),
);

/** What is otherwise than in TINY_GPTREC and TINY_STEERING. */
export interface TinyShape {
  readonly heads?: number;
  readonly layers?: number;
  readonly steering?: SteeringShape;
}

/** @param items more than the usual twelve, where lists of ten must leave some out */
export const tinyCheckpoint = (
  seed = 1,
  items = TINY_ITEMS.length,
  sae: SaeShape = TINY_SAE,
  shape: TinyShape = {},
): Checkpoint => decodeCheckpoint(encodeCheckpoint(tinyDraft(seed, items, sae, shape)));

export function tinyDraft(
  seed = 1,
  items = TINY_ITEMS.length,
  sae: SaeShape = TINY_SAE,
  { steering = TINY_STEERING, ...other }: TinyShape = {},
): CheckpointDraft {
  const shape = { ...TINY_GPTREC, ...other, items };
  const random = numbers(seed);
  const weights = [
    ...leaves(gptRecShapes(shape) as unknown as Tree<Int32Array>, 'gptrec'),
    ...leaves(saeShapes(sae) as unknown as Tree<Int32Array>, 'sae'),
    ...leaves(steeringShapes(steering, shape) as unknown as Tree<Int32Array>, 'steering'),
  ].map(([name, shape]) => {
    const data = new Float32Array(shape.reduce((size, n) => size * n, 1)).map(() => random() - 0.5);
    if (name.endsWith('.scale')) data.forEach((noise, i) => (data[i] = 1 + noise / 2));
    if (name === 'sae.scaling') data.set([0.1, 1.5]);
    if (name === 'sae.threshold') data.forEach((noise, i) => (data[i] = 0.5 + noise));
    return [name, { shape: [...shape], data }] as const;
  });
  return {
    manifest: {
      formatVersion: FORMAT_VERSION,
      createdAt: '2026-01-01T00:00:00.000Z',
      madeBy: { version: '0', node: 'test', engine: 'none' },
      seed,
      gptrec: shape,
      sae,
      steering,
      hyperparameters: {},
      snapshot: { interactions: [[0, 0]] },
      split: 'paper',
      metrics: {
        model: { ndcg: 0.2, hitRate: 0.4, coverage: 0.9, users: 10 },
        popularity: { ndcg: 0.1, hitRate: 0.2, coverage: 0.5, users: 10 },
      },
    },
    weights: new Map(weights),
    vocabulary: {
      items: itemIds(items),
      counts: Float64Array.from({ length: items }, (_, index) => Math.max(1, 100 - index)),
    },
    attributes: { names: [...TINY_ATTRIBUTES], items: [Int32Array.of(0, 2, 4, 6, 8, 10), Int32Array.of(0, 1, 2, 3)] },
    featureMaps: [{ content: '0badcafe', features: [[1, 3]] }],
    steeringMap: {
      budget: 0.1,
      unitLift: 2,
      layer: sae.layer,
      attributes: [
        tinySteering('genre/Even', 'score', [{ kind: 'score', per: 1 }]),
        tinySteering('genre/Low', 'delta', [{ kind: 'latent', feature: 3, mode: 'delta', per: 1 }]),
      ],
    },
  };
}

function tinySteering(
  attribute: string,
  method: AttributeSteering['method'],
  terms: AttributeSteering['terms'],
): AttributeSteering {
  const point = (amount: number): AttributeSteering['curve'][number] => ({
    amount,
    share: 0.5,
    lift: amount / 2,
    ndcgKept: 1,
  });
  return {
    attribute,
    method,
    terms,
    baseShare: 0.4,
    curve: [-8, -4, 0, 4, 8].map(point),
    scorePerLift: 2,
    maxLift: 4,
    minLift: -4,
  };
}

function numbers(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
