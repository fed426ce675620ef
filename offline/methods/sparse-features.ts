/**
 * Several features of the SAEs at several blocks, with sparse non-negative weights that are learned: after each block l
 * that has an SAE
 *
 *     x_l' = x_l + s std_l sum_j w_lj W_lj,    w >= 0
 *
 * over the features of greatest correlation with the attribute; w minimises the objective of learn.ts with the penalty
 * sparsity * sum w, and is set to 0 where a step would take it below.
 */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs';
import type { Sae } from '../../src/model/sae.js';
import type { SteerableModel } from '../../src/model/score.js';
import { learn, type Learner, type LearningSource, type LearnSchedule } from './learn.js';

/** Features of the SAE that reads after block `sae.shape.layer`. */
export interface LayerFeatures {
  readonly sae: Sae;
  readonly features: readonly number[];
}

export interface SparseSettings extends LearnSchedule {
  /** Weight of the sum of all w. */
  readonly sparsity: number;
}

export interface SparseFeatures {
  /** [d] for each block, first to last: what they come to at strength 1. */
  readonly shifts: readonly Float32Array[];
  /** Features whose weight is not 0. */
  readonly active: number;
}

/** Where weights begin: at 0 a rectified one might never move. */
const FIRST = 0.05;

export function learnSparse(
  model: SteerableModel,
  layers: readonly LayerFeatures[],
  sources: readonly LearningSource[],
  { sparsity, ...schedule }: SparseSettings,
): SparseFeatures {
  const [V, width] = model.gptrec.items.shape as [number, number];
  const written = layers.map(({ sae, features }) => writtenBy(sae, features));
  const along = (leaf: Tensor, i: number): Tensor =>
    tf.matMul(leaf.reshape([1, -1]) as Tensor2D, written[i] as Tensor2D).reshape([width]);
  const learner: Learner = {
    start: () => layers.map(({ features }) => tf.fill([features.length], FIRST)),
    shift: (x, layer, leaves) => {
      const i = layers.findIndex(({ sae }) => sae.shape.layer === layer);
      const leaf = leaves[i];
      return leaf ? x.add(along(leaf, i)) : x;
    },
    penalty: (leaves) => tf.addN(leaves.map((leaf) => leaf.sum())).mul<Scalar>(sparsity),
    project: (leaf) => tf.relu(leaf),
  };
  const leaves = learn(model, learner, sources, new Float32Array(V), schedule);
  const shifts = model.gptrec.blocks.map((_, block) => {
    const i = layers.findIndex(({ sae }) => sae.shape.layer === block + 1);
    const leaf = leaves[i];
    return leaf ? tf.tidy(() => along(leaf, i).dataSync<'float32'>().slice()) : new Float32Array(width);
  });
  const active = leaves.reduce((sum, leaf) => sum + leaf.dataSync<'float32'>().filter((w) => w > 0).length, 0);
  tf.dispose([...leaves, ...written]);
  return { shifts, active };
}

/** std * W of the features, [k, d]: in the model's units. */
const writtenBy = ({ weights }: Sae, features: readonly number[]): Tensor2D =>
  tf.tidy(() =>
    tf
      .gather(weights.decoder as Tensor2D, tf.tensor1d([...features], 'int32'))
      .mul<Tensor2D>(weights.scaling.gather(1)),
  );
