/** Weight trees <-> named arrays: how tensors come into and out of a checkpoint. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { GptRecShape, SaeShape, SteeringShape } from './shapes.js';
import { type GptRecWeights, gptRecShapes } from './gptrec.js';
import { type Sae, type SaeWeights, saeShapes } from './sae.js';
import { type SteeringWeights, steeringShapes } from './steering-weights.js';
import { type Tree, leaves, mapTree } from './tree.js';

/** A named array as a checkpoint holds it (structurally a WeightArray). */
interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Tensors for a tree of shapes, read by name under a prefix.
 * @throws Error that names a weight which is missing, of another shape, or not finite.
 */
export function loadTensors(shapes: object, prefix: string, weights: ReadonlyMap<string, NamedArray>): Tree<Tensor> {
  const tree = shapes as Tree<Int32Array>;
  // All are looked at before the first tensor is made: nothing is left behind when one is refused.
  const arrays = new Map(leaves(tree).map(([name, shape]) => [name, named(weights, `${prefix}.${name}`, shape)]));
  return mapTree(tree, (shape, name) => tf.tensor(arrays.get(name)?.data ?? [], [...shape]));
}

function named(weights: ReadonlyMap<string, NamedArray>, name: string, shape: Int32Array): NamedArray {
  const found = weights.get(name);
  if (found === undefined) throw new Error(`weight ${name} is missing`);
  if (found.shape.length !== shape.length || found.shape.some((n, i) => n !== shape[i])) {
    throw new Error(`weight ${name} has shape [${found.shape.join(', ')}], expected [${shape.join(', ')}]`);
  }
  if (!found.data.every(Number.isFinite)) throw new Error(`weight ${name} is not finite`);
  return found;
}

/** @throws Error as loadTensors. */
export const loadGptRec = (shape: GptRecShape, weights: ReadonlyMap<string, NamedArray>): GptRecWeights =>
  loadTensors(gptRecShapes(shape), 'gptrec', weights) as unknown as GptRecWeights;

/** @throws Error as loadTensors. */
export const loadSae = (shape: SaeShape, weights: ReadonlyMap<string, NamedArray>): Sae => ({
  shape,
  weights: loadTensors(saeShapes(shape), 'sae', weights) as unknown as SaeWeights,
});

/** Directions and adapters, where there are any. @throws Error as loadTensors. */
export const loadSteering = (
  shape: SteeringShape,
  gptrec: GptRecShape,
  weights: ReadonlyMap<string, NamedArray>,
): SteeringWeights => loadTensors(steeringShapes(shape, gptrec), 'steering', weights) as SteeringWeights;

/** The values of a tree of tensors, named under a prefix. */
export function saveTensors(tree: object, prefix: string): Map<string, NamedArray> {
  return new Map(
    leaves(tree as Tree<Tensor>).map(([name, tensor]) => [
      `${prefix}.${name}`,
      { shape: tensor.shape, data: tensor.dataSync<'float32'>().slice() },
    ]),
  );
}

export const disposeTensors = (tree: object): void => {
  for (const [, tensor] of leaves(tree as Tree<Tensor>)) tensor.dispose();
};
