/** What the engine bench serves: a model of random weights at the paper's shape, and users who steer as a map has it. */
import { createRandom, type Random } from '../../../offline/random.js';
import { PAPER_SHAPE } from '../../../offline/train/gptrec-training.js';
import type { Checkpoint, WeightArray } from '../../../src/checkpoint/checkpoint.js';
import { FORMAT_VERSION } from '../../../src/checkpoint/manifest.js';
import type { Edit } from '../../../src/model/edit.js';
import { gptRecShapes } from '../../../src/model/gptrec.js';
import { saeShapes } from '../../../src/model/sae.js';
import { steeringShapes } from '../../../src/model/steering-weights.js';
import { leaves, type Tree } from '../../../src/model/tree.js';
import type { EngineRequest } from '../../../src/ports/engine.js';
import type { AttributeSteering } from '../../../src/steering/steering-map.js';

/** As MovieLens has genres; an item bears 1 to 3 of them. */
const GENRES = 18;
/** What a calibration of MovieLens 1M chose: a direction and a score term for most, a score term alone for the others. */
const HYBRIDS = 12;
export const FEATURES = 2_048;
const SAE_LAYER = 2;

export function randomCheckpoint(items: number): Checkpoint {
  const random = createRandom(items);
  const gptrec = { items, ...PAPER_SHAPE };
  const sae = {
    width: gptrec.width,
    features: FEATURES,
    layer: SAE_LAYER,
    site: 'block',
    activation: { kind: 'relu' },
  };
  const steering = { directions: HYBRIDS, adapters: 1, hidden: gptrec.width };
  const shapes = [
    ...leaves(gptRecShapes(gptrec) as unknown as Tree<Int32Array>, 'gptrec'),
    ...leaves(saeShapes(sae as Checkpoint['manifest']['sae']) as unknown as Tree<Int32Array>, 'sae'),
    ...leaves(steeringShapes(steering, gptrec) as unknown as Tree<Int32Array>, 'steering'),
  ];
  const bearers = Array.from({ length: GENRES }, (): number[] => []);
  for (let item = 0; item < items; item++) {
    for (const genre of new Set(Array.from({ length: 1 + random.below(3) }, () => random.below(GENRES))))
      bearers[genre]?.push(item);
  }
  const names = bearers.map((_, genre) => `genre/${genre}`);
  const metrics = { ndcg: 0, hitRate: 0, coverage: 0, users: 0 };
  return {
    manifest: {
      formatVersion: FORMAT_VERSION,
      createdAt: '2026-01-01T00:00:00.000Z',
      madeBy: { version: '0', node: process.version, engine: 'none' },
      seed: items,
      gptrec,
      sae: sae as Checkpoint['manifest']['sae'],
      steering,
      hyperparameters: {},
      snapshot: {},
      split: 'paper',
      metrics: { model: metrics, popularity: metrics },
      files: {},
    },
    weights: new Map(shapes.map(([name, shape]) => [name, randomWeight(name, [...shape], random)])),
    vocabulary: { items: [], counts: new Float64Array() },
    attributes: { names, items: bearers.map((list) => Int32Array.from(list)) },
    steeringMap: { budget: 0.1, unitLift: 1, layer: SAE_LAYER, attributes: names.map(steeringOf) },
    featureMaps: [],
  };
}

/** Of the scale of trained ones: scores come to a few units. */
function randomWeight(name: string, shape: number[], random: Random): WeightArray {
  const data = new Float32Array(shape.reduce((size, n) => size * n, 1));
  const [centre, spread] = name.endsWith('.scale') ? [1, 0.1] : [0, name === 'gptrec.items' ? 0.6 : 0.2];
  for (let i = 0; i < data.length; i++) data[i] = centre + spread * (random.random() - 0.5);
  if (name === 'sae.scaling') data.set([0, 1]);
  return { shape, data };
}

const steeringOf = (attribute: string, index: number): AttributeSteering => ({
  attribute,
  method: index < HYBRIDS ? 'hybrid' : 'score',
  terms: [
    { kind: 'score', per: 1 },
    ...(index < HYBRIDS ? [{ kind: 'direction' as const, direction: index, per: 1 }] : []),
  ],
  baseShare: 0.1,
  curve: [-1, 1].map((amount) => ({ amount, share: 0.1, lift: amount, ndcgKept: 1 })),
  scorePerLift: 1,
  maxLift: 1,
  minLift: -1,
});

export const STEERING = ['none', 'map', 'delta', 'replace', 'adapter'] as const;
/** How users steer: 1 to 3 gains of the map, or one edit of another kind. */
export type Steering = (typeof STEERING)[number];

export interface Rules {
  readonly steering?: Steering;
  readonly k?: number;
  /** Items that each user must not be shown. */
  readonly excluded?: number;
  readonly blocked?: Uint8Array;
}

/** Users with full windows. */
export function randomRequests(
  { manifest: { gptrec } }: Checkpoint,
  count: number,
  { steering = 'map', k = 10, excluded = 0, blocked = new Uint8Array(gptrec.items) }: Rules = {},
): EngineRequest[] {
  const random = createRandom(count, k, excluded);
  const item = (): number => random.below(gptrec.items);
  return Array.from({ length: count }, () => ({
    window: Int32Array.from({ length: gptrec.window }, item),
    edits: editsOf(steering, random),
    blocked,
    excluded: Array.from({ length: excluded }, item),
    k,
  }));
}

function editsOf(steering: Steering, random: Random): Edit[] {
  const amount = 2 * random.random() - 1;
  if (steering === 'none') return [];
  if (steering === 'adapter') return [{ kind: 'adapter', adapter: 0, amount }];
  if (steering === 'delta' || steering === 'replace')
    return [{ kind: 'latent', layer: SAE_LAYER, mode: steering, feature: random.below(FEATURES), amount: 4 * amount }];
  const genres = new Set(Array.from({ length: 1 + random.below(3) }, () => random.below(GENRES)));
  return [...genres].flatMap((genre): Edit[] => [
    { kind: 'score', attribute: genre, amount },
    ...(genre < HYBRIDS ? [{ kind: 'direction' as const, direction: genre, amount }] : []),
  ]);
}
