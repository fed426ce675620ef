/** Learned directions: x_l' = x_l + s v_l after every block l (or some), the v_l free in all d dimensions. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { SteerableModel } from '../../src/model/score.js';
import { learn, type Learner, type LearningSource, type LearnSchedule } from './learn.js';

/**
 * @param term [V], added to the scores while they are learned
 * @param blocks that have a direction (1-based); the others' is 0
 * @returns [d] for each block, first to last
 */
export function learnDirections(
  model: SteerableModel,
  sources: readonly LearningSource[],
  term: Float32Array,
  schedule: LearnSchedule,
  blocks: readonly number[] = model.gptrec.blocks.map((_, i) => i + 1),
): Float32Array[] {
  const width = (model.gptrec.items.shape as [number, number])[1];
  const learner: Learner = {
    start: () => blocks.map((): Tensor => tf.zeros([width])),
    shift: (x, layer, leaves) => {
      const leaf = leaves[blocks.indexOf(layer)];
      return leaf ? x.add(leaf) : x;
    },
  };
  const leaves = learn(model, learner, sources, term, schedule);
  const learned = model.gptrec.blocks.map((_, i) => {
    const leaf = leaves[blocks.indexOf(i + 1)];
    return leaf ? leaf.dataSync<'float32'>().slice() : new Float32Array(width);
  });
  tf.dispose(leaves);
  return learned;
}
