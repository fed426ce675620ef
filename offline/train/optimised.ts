/** Weights and their Adam moments as named arrays: what an interrupted training goes on from. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import { type Tree, leaves, mapTree } from '../../src/model/tree.js';
import { saveTensors } from '../../src/model/weights.js';
import { type AdamState, initialAdam } from './adam.js';

export interface Optimised<W extends object> {
  readonly weights: W;
  readonly moments: AdamState;
}

export const startOptimising = <W extends object>(weights: W): Optimised<W> => ({
  weights,
  moments: initialAdam(tensorsOf(weights)),
});

/** Leaves of a weight tree, in their fixed order. */
export const tensorsOf = (weights: object): Tensor[] => leaves(weights as Tree<Tensor>).map(([, leaf]) => leaf);

/** The same tree with other tensors in its leaves. */
export function withTensors<W extends object>(weights: W, tensors: readonly Tensor[]): W {
  let index = 0;
  return mapTree(weights as Tree<Tensor>, (old) => tensors[index++] ?? old) as unknown as W;
}

export function disposeOptimised({ weights, moments }: Optimised<object>): void {
  tf.dispose([...tensorsOf(weights), ...moments.first, ...moments.second]);
}

export function toArrays({ weights, moments }: Optimised<object>, prefix: string): Map<string, WeightArray> {
  const parts = {
    now: weights,
    first: withTensors(weights, moments.first),
    second: withTensors(weights, moments.second),
  };
  return new Map(
    Object.entries(parts).flatMap(([part, tree]) =>
      [...saveTensors(tree, prefix)].map(([name, array]) => [`${part}:${name}`, array] as const),
    ),
  );
}

/** @param load reads the weights' tree from named arrays. */
export function fromArrays<W extends object>(
  arrays: ReadonlyMap<string, WeightArray>,
  step: number,
  load: (arrays: ReadonlyMap<string, WeightArray>) => W,
): Optimised<W> {
  const part = (name: string): W => load(partOf(arrays, `${name}:`));
  const weights = part('now');
  return { weights, moments: { step, first: tensorsOf(part('first')), second: tensorsOf(part('second')) } };
}

/** Arrays whose name has a prefix, without it. */
export const partOf = (arrays: ReadonlyMap<string, WeightArray>, prefix: string): Map<string, WeightArray> =>
  new Map(
    [...arrays].filter(([name]) => name.startsWith(prefix)).map(([name, array]) => [name.slice(prefix.length), array]),
  );
