/** What is learned for an attribute, as arrays that a step keeps, as tensors that a bench runs, as a checkpoint holds it. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import type { SteerableModel } from '../../src/model/score.js';
import type { SteeringShape } from '../../src/model/shapes.js';
import type { SteeringWeights } from '../../src/model/steering-weights.js';
import { learnAdapter } from '../methods/adapter.js';
import { learnDirections } from '../methods/directions.js';
import { disposeLearning } from '../methods/learning-cases.js';
import type { LearnedSettings } from '../methods/settings.js';
import type { Teaching } from '../methods/teaching.js';

/** The five arrays of a direction and an adapter of one attribute, by the names of src/model/steering-weights.ts. */
export type LearnedArrays = ReadonlyMap<string, WeightArray>;

const NAMES = ['directions', 'adapters.inWeight', 'adapters.inBias', 'adapters.outWeight', 'adapters.outBias'] as const;
type Name = (typeof NAMES)[number];

/** Undefined where no case to learn from bears the attribute. */
export function learnFor(
  model: SteerableModel,
  teaching: Teaching,
  items: Int32Array,
  { hybrid, adapter }: Pick<LearnedSettings, 'hybrid' | 'adapter'>,
): LearnedArrays | undefined {
  const bearing = new Set(items);
  const parts = teaching.bearing(bearing);
  if (parts.length === 0) return undefined;
  const [V, d] = model.gptrec.items.shape as [number, number];
  const bearers = Float32Array.from({ length: V }, (_, item) => (bearing.has(item) ? 1 : 0));
  try {
    const term = bearers.map((bears) => bears * hybrid.score);
    const directions = learnDirections(model, teaching.sources(parts, hybrid.balance), term, hybrid);
    const adapted = learnAdapter(model, { cases: teaching.late, seed: teaching.seed }, bearers, adapter);
    const H = adapter.hidden;
    const data = new Float32Array(directions.length * d);
    for (const [i, direction] of directions.entries()) data.set(direction, i * d);
    const arrays: Record<Name, WeightArray> = {
      directions: { shape: [1, directions.length, d], data },
      'adapters.inWeight': { shape: [1, d, H], data: adapted.inWeight },
      'adapters.inBias': { shape: [1, H], data: adapted.inBias },
      'adapters.outWeight': { shape: [1, H, d], data: adapted.outWeight },
      'adapters.outBias': { shape: [1, d], data: adapted.outBias },
    };
    return new Map(Object.entries(arrays));
  } finally {
    disposeLearning(parts);
  }
}

/** To be disposed of. */
export function steeringTensors(arrays: LearnedArrays): SteeringWeights {
  const tensor = (name: Name): Tensor => {
    const { shape, data } = arrayOf(arrays, name);
    return tf.tensor(data, [...shape]);
  };
  return {
    directions: tensor('directions'),
    adapters: {
      inWeight: tensor('adapters.inWeight'),
      inBias: tensor('adapters.inBias'),
      outWeight: tensor('adapters.outWeight'),
      outBias: tensor('adapters.outBias'),
    },
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
