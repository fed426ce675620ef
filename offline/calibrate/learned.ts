/** What is learned for an attribute, as arrays that a step keeps, as tensors that a bench runs, as a checkpoint holds it. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import type { SteerableModel } from '../../src/model/score.js';
import type { SteeringShape } from '../../src/model/shapes.js';
import type { SteeringWeights } from '../../src/model/steering-weights.js';
import { type AdapterSettings, learnAdapter } from '../methods/adapter.js';
import { learnDirections } from '../methods/directions.js';
import { disposeLearning, type LearningPart } from '../methods/learning-cases.js';
import type { DirectionSettings, LearnedSettings } from '../methods/settings.js';
import type { Teaching } from '../methods/teaching.js';
import type { Lessons } from './methods.js';

/** The arrays of a direction, of an adapter, or of both of one attribute, by the names of src/model/steering-weights.ts. */
export type LearnedArrays = ReadonlyMap<string, WeightArray>;

const NAMES = ['directions', 'adapters.inWeight', 'adapters.inBias', 'adapters.outWeight', 'adapters.outBias'] as const;
type Name = (typeof NAMES)[number];

/** Undefined where no case to learn from bears the attribute. */
export function learnFor(
  model: SteerableModel,
  teaching: Teaching,
  items: Int32Array,
  lessons: Lessons,
  { hybrid, adapter }: Pick<LearnedSettings, 'hybrid' | 'adapter'>,
): LearnedArrays | undefined {
  const bearing = new Set(items);
  const parts = teaching.bearing(bearing);
  if (parts.length === 0) return undefined;
  const V = model.gptrec.items.shape[0] ?? 0;
  const bearers = Float32Array.from({ length: V }, (_, item) => (bearing.has(item) ? 1 : 0));
  try {
    return new Map([
      ...(lessons.directions ? directionArrays(model, teaching, parts, bearers, hybrid) : []),
      ...(lessons.adapter ? adapterArrays(model, teaching, bearers, adapter) : []),
    ]);
  } finally {
    disposeLearning(parts);
  }
}

type Named = readonly [Name, WeightArray][];

function directionArrays(
  model: SteerableModel,
  teaching: Teaching,
  parts: readonly LearningPart[],
  bearers: Float32Array,
  { score, balance, ...schedule }: DirectionSettings,
): Named {
  const term = bearers.map((bears) => bears * score);
  const directions = learnDirections(model, teaching.sources(parts, balance), term, schedule);
  const d = directions[0]?.length ?? 0;
  const data = new Float32Array(directions.length * d);
  for (const [i, direction] of directions.entries()) data.set(direction, i * d);
  return [['directions', { shape: [1, directions.length, d], data }]];
}

function adapterArrays(
  model: SteerableModel,
  { late, seed }: Teaching,
  bearers: Float32Array,
  settings: AdapterSettings,
): Named {
  const { inWeight, inBias, outWeight, outBias } = learnAdapter(model, { cases: late, seed }, bearers, settings);
  const [H, d] = [inBias.length, outBias.length];
  return [
    ['adapters.inWeight', { shape: [1, d, H], data: inWeight }],
    ['adapters.inBias', { shape: [1, H], data: inBias }],
    ['adapters.outWeight', { shape: [1, H, d], data: outWeight }],
    ['adapters.outBias', { shape: [1, d], data: outBias }],
  ];
}

/** To be disposed of. */
export function steeringTensors(arrays: LearnedArrays): SteeringWeights {
  const tensor = (name: Name): Tensor => {
    const { shape, data } = arrayOf(arrays, name);
    return tf.tensor(data, [...shape]);
  };
  return {
    ...(arrays.has('directions') && { directions: tensor('directions') }),
    ...(arrays.has('adapters.outBias') && {
      adapters: {
        inWeight: tensor('adapters.inWeight'),
        inBias: tensor('adapters.inBias'),
        outWeight: tensor('adapters.outWeight'),
        outBias: tensor('adapters.outBias'),
      },
    }),
  };
}

/** Those that are used, side by side: what a checkpoint holds under `steering.`, and its shape. */
export function stacked(
  directions: readonly LearnedArrays[],
  adapters: readonly LearnedArrays[],
): { shape: SteeringShape; weights: Map<string, WeightArray> } {
  const stacks = NAMES.map((name) => [name, name === 'directions' ? directions : adapters] as const);
  const weights = stacks.flatMap(([name, all]) => {
    const [first] = all;
    if (first === undefined) return [];
    const parts = all.map((arrays) => arrayOf(arrays, name).data);
    const data = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      data.set(part, at);
      at += part.length;
    }
    return [[`steering.${name}`, { shape: [all.length, ...arrayOf(first, name).shape.slice(1)], data }] as const];
  });
  const hidden = weights.find(([name]) => name === 'steering.adapters.inBias')?.[1].shape[1] ?? 0;
  return { shape: { directions: directions.length, adapters: adapters.length, hidden }, weights: new Map(weights) };
}

function arrayOf(arrays: LearnedArrays, name: Name): WeightArray {
  const found = arrays.get(name);
  if (found === undefined) throw new Error(`${name} was not learned`);
  return found;
}
