/**
 * Learns what to add to the residual stream after each block, at the last position, so that the true next item becomes
 * likelier on cases where it bears the attribute, at a bounded loss on others. With theta what a learner changes, c a
 * constant added to the scores of bearers, and p(theta, c) the model's probability of the true next item:
 *
 *     minimise  - mean over cases of the attribute of log p  -  balance * mean over other cases of log p  +  penalty
 *
 * by Adam. Labels are used here only; what is learned serves without them (but for c).
 */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { EditAt } from '../../src/model/edited.js';
import type { SteerableModel } from '../../src/model/score.js';
import { adam, initialAdam } from '../train/adam.js';
import type { LearningPart } from './learning-cases.js';
import { distanceTo, type Head } from './wanted.js';

/** What is learned: leaves, and what they do. */
export interface Learner {
  /** The leaves' first values, tensors of the caller. */
  start(): Tensor[];
  /** x [B, d] after block `layer` (1-based) -> shifted. */
  shift(x: Tensor2D, layer: number, leaves: readonly Tensor[]): Tensor2D;
  penalty?(leaves: readonly Tensor[]): Scalar;
  /** Back into the set that leaves may be of, after each step. */
  project?(leaf: Tensor): Tensor;
}

/** Parts that take turns, and what their loss weighs. */
export interface LearningSource {
  readonly parts: readonly LearningPart[];
  readonly weight: number;
}

export interface LearnSchedule {
  readonly steps: number;
  /** Falls to 0 over the second half of the steps. */
  readonly learningRate: number;
}

/**
 * The leaves' last values, tensors of the caller. Each step takes the next part of every source.
 * @param term [V], added to the scores
 */
export function learn(
  model: SteerableModel,
  learner: Learner,
  sources: readonly LearningSource[],
  term: Float32Array,
  { steps, learningRate }: LearnSchedule,
): Tensor[] {
  if (sources.some(({ parts }) => parts.length === 0)) throw new Error('there are no cases to learn from');
  const items = model.gptrec.items as Tensor2D;
  const head = { items, wide: items.transpose<Tensor2D>() };
  const added = tf.tensor1d(term);
  let leaves = learner.start();
  let moments = initialAdam(leaves);
  for (let step = 0; step < steps; step++) {
    const { value, grads } = tf.tidy(() =>
      tf.valueAndGrads((...leaf: Tensor[]) => {
        const edit: EditAt = (x, { layer, site }) => (site === 'block' ? learner.shift(x, layer, leaf) : x);
        const losses = sources.map(({ parts, weight }) =>
          loss(head, parts[step % parts.length], edit, added).mul(weight),
        );
        const penalty = learner.penalty?.(leaf);
        return [...losses, ...(penalty ? [penalty] : [])].reduce((sum, one) => sum.add(one)) as Scalar;
      })(leaves),
    );
    const next = adam(leaves, grads, moments, learningRate * Math.min(1, 2 * (1 - step / steps)));
    tf.dispose([value, ...grads, ...leaves, ...moments.first, ...moments.second]);
    moments = next.state;
    leaves = next.weights.map((leaf) => projected(leaf, learner));
  }
  tf.dispose([head.wide, added, ...moments.first, ...moments.second]);
  return leaves;
}

/** Consumes the leaf. */
function projected(leaf: Tensor, learner: Learner): Tensor {
  if (learner.project === undefined) return leaf;
  const inside = tf.tidy(() => learner.project?.(leaf) ?? leaf);
  leaf.dispose();
  return inside;
}

function loss(head: Head, part: LearningPart | undefined, edit: EditAt, term: Tensor1D): Scalar {
  if (part === undefined) throw new Error('there are no cases to learn from');
  return distanceTo(part.statesWith(edit), head, term, part.wanted);
}
