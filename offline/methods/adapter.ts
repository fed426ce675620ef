/**
 * An adapter (src/model/adapter.ts) after the last block, x' = x + s u(x), taught by re-ranking: with c a constant, p_c
 * the unsteered model's probabilities when c is added to the scores of bearers, p_s those of the adapter at strength s,
 *
 *     minimise  mean over cases of the cross entropy of p_s to p_(s c),    s = 1/2, 1, 3/2, 2 in turn
 *
 * which is distillation (Hinton et al. 2015). Re-ranking is the best teacher there is where the model is calibrated: who
 * asks for an attribute multiplies the odds of its bearers, and that is a constant added to their scores. It teaches by
 * every case, not by those alone whose next item bears the attribute, and needs no true next item, which a learner of so
 * many weights would learn by heart. What is learned serves without labels.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { adapt, type AdapterWeights } from '../../src/model/adapter.js';
import type { SteerableModel } from '../../src/model/score.js';
import { createRandom } from '../random.js';
import { learn, type Learner, type LearnSchedule } from './learn.js';
import { type LateCases, lateParts } from './late-cases.js';
import { disposeLearning, type LearningPart } from './learning-cases.js';
import { expectedEmbedding } from './wanted.js';

export interface AdapterSettings extends LearnSchedule {
  /** H */
  readonly hidden: number;
  /** c, in logits: what strength 1 imitates. */
  readonly teacher: number;
  readonly batch: number;
}

export interface Taught {
  /** All of them: what re-ranking would say there is what teaches. */
  readonly cases: LateCases;
  readonly seed: number;
}

/** At which it is taught, part by part. */
const STRENGTHS = [0.5, 1, 1.5, 2];

/** The weights' values: [d, H], [H], [H, d], [d]. */
export function learnAdapter(
  model: SteerableModel,
  { cases, seed }: Taught,
  bearers: Float32Array,
  { hidden, teacher, batch, ...schedule }: AdapterSettings,
): AdapterWeights<Float32Array> {
  const width = model.gptrec.items.shape[1] ?? 0;
  const random = createRandom(seed);
  const noise = (shape: [number, number], by: number): Tensor =>
    tf.tensor2d(
      Float32Array.from({ length: shape[0] * shape[1] }, () => by * random.normal()),
      shape,
    );
  const learner: Learner = {
    start: () => [noise([width, hidden], 0.1), tf.zeros([hidden]), noise([hidden, width], 0.01), tf.zeros([width])],
    shift: (x, layer, leaves) =>
      layer === model.gptrec.blocks.length ? x.add(adapt(model.gptrec, adapterOf(leaves), x)) : x,
  };
  const rows = random.shuffle(Int32Array.from(cases.targets, (_, i) => i));
  const parts = lateParts(model, cases, Array.from(rows), batch);
  const wanted = taughtBy(model, parts, bearers, teacher);
  const leaves = learn(model, learner, [{ parts: wanted, weight: 1 }], new Float32Array(bearers.length), schedule);
  disposeLearning(parts);
  tf.dispose(wanted.map((part) => part.wanted));
  const values = leaves.map((leaf) => leaf.dataSync<'float32'>().slice());
  tf.dispose(leaves);
  return adapterOf(values);
}

/** The same cases, each part at a strength of its own, wanting what re-ranking would say there. */
function taughtBy(
  { gptrec }: SteerableModel,
  parts: readonly LearningPart[],
  bearers: Float32Array,
  teacher: number,
): LearningPart[] {
  const items = gptrec.items as Tensor2D;
  const head = { items, wide: items.transpose<Tensor2D>() };
  const taught = parts.map((part, i): LearningPart => {
    const strength = STRENGTHS[i % STRENGTHS.length] ?? 1;
    const wanted = tf.tidy(() => {
      const term = tf.tensor1d(bearers).mul<Tensor1D>(teacher * strength);
      return expectedEmbedding(
        part.statesWith((x) => x),
        head,
        term,
      );
    });
    const statesWith: LearningPart['statesWith'] = (edit) =>
      part.statesWith((x, place) => x.add(edit(x, place).sub(x).mul(strength)));
    return { ...part, statesWith, wanted };
  });
  head.wide.dispose();
  return taught;
}

function adapterOf<T>([inWeight, inBias, outWeight, outBias]: readonly T[]): AdapterWeights<T> {
  if (!inWeight || !inBias || !outWeight || !outBias) throw new Error('an adapter has four weights');
  return { inWeight, inBias, outWeight, outBias };
}
