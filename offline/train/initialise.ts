/** First weights, seeded: the same on every runtime. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { GptRecShape } from '../../src/model/shapes.js';
import { type GptRecWeights, gptRecShapes } from '../../src/model/gptrec.js';
import { type Tree, mapTree } from '../../src/model/tree.js';
import { createRandom } from '../random.js';

/** Standard deviation of GPT-2's initialisation. */
const DEVIATION = 0.02;

/** Weights and embeddings N(0, .02), biases and shifts 0, scales 1. */
export function initialGptRec(shape: GptRecShape, seed: number): GptRecWeights {
  const random = createRandom(seed);
  return mapTree(gptRecShapes(shape) as unknown as Tree<Int32Array>, (dimensions, name): Tensor => {
    const size = [...dimensions];
    if (name.endsWith('.scale')) return tf.ones(size);
    if (name.endsWith('.shift') || name.endsWith('.bias')) return tf.zeros(size);
    const values = new Float32Array(size.reduce((product, n) => product * n, 1));
    for (let i = 0; i < values.length; i++) values[i] = random.normal() * DEVIATION;
    return tf.tensor(values, size);
  }) as unknown as GptRecWeights;
}
