/**
 * Learns one direction for each block and attribute: what to add to the residual stream after the block, at the last
 * position, so that the true next item becomes likelier on cases where it bears the attribute, at a bounded loss on
 * others. With v_l the direction after block l, c a constant added to the scores of bearers, and p(v, c) the model's
 * probability of the true next item:
 *
 *     minimise  - mean over cases of the attribute of log p(v, c)  -  balance * mean over other cases of log p(v, c)
 *
 * by Adam. Labels are used here only; what is learned serves without them (but for c).
 */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { disposePrefix, type Prefix, readPrefix, scoresFrom } from '../../src/model/last-position.js';
import type { SteerableModel } from '../../src/model/score.js';
import type { TestCase } from '../evaluate/cases.js';
import { createRandom } from '../random.js';
import { adam, initialAdam } from '../train/adam.js';

export interface LearnSettings {
  /** Weight of the other cases. */
  readonly balance: number;
  /** c, in logits. */
  readonly score: number;
  readonly steps: number;
  readonly learningRate: number;
}

/** Cases a step, of either kind. */
const BATCH = 250;
/** Fewer items before the target tell little. */
const LEAST_HISTORY = 5;

/** Cases with their unsteered forward call. To be disposed of with disposeLearning. */
export interface LearningPart {
  readonly prefix: Prefix;
  /** [B] int32 */
  readonly targets: Tensor1D;
}

/** A case for every interaction of a user that has some before it, not for the last alone. */
export function everyCase(cases: readonly TestCase[]): TestCase[] {
  return cases.flatMap(({ user, history, target }) => {
    const items = Int32Array.of(...history, target);
    return Array.from({ length: Math.max(0, items.length - LEAST_HISTORY) }, (_, i) => ({
      user,
      history: items.subarray(0, i + LEAST_HISTORY),
      target: items[i + LEAST_HISTORY] ?? target,
    }));
  });
}

/** At most `count` of the cases, drawn by the seed. */
export function drawCases(cases: readonly TestCase[], count: number, seed: number): TestCase[] {
  const order = createRandom(seed).shuffle(Int32Array.from(cases, (_, i) => i));
  return Array.from(order.subarray(0, count)).flatMap((i) => cases[i] ?? []);
}

export function readLearning(model: SteerableModel, cases: readonly TestCase[], window: number): LearningPart[] {
  const parts: LearningPart[] = [];
  for (let start = 0; start < cases.length; start += BATCH) {
    const part = cases.slice(start, start + BATCH);
    const windows = part.map(({ history }) => history.subarray(-window));
    parts.push({
      prefix: readPrefix(model, windows, { layer: 1, site: 'block' }),
      targets: tf.tensor1d(
        Int32Array.from(part, ({ target }) => target),
        'int32',
      ),
    });
  }
  return parts;
}

export function disposeLearning(parts: readonly LearningPart[]): void {
  for (const { prefix, targets } of parts) {
    disposePrefix(prefix);
    targets.dispose();
  }
}

/**
 * @param bearers [V], 1 for items that bear the attribute
 * @param blocks that have a direction (1-based); the others' is 0
 * @returns [d] for each block, first to last
 */
export function learnDirections(
  model: SteerableModel,
  bearing: readonly LearningPart[],
  others: readonly LearningPart[],
  bearers: Float32Array,
  { balance, score, steps, learningRate }: LearnSettings,
  blocks: readonly number[] = model.gptrec.blocks.map((_, i) => i + 1),
): Float32Array[] {
  const width = (model.gptrec.items.shape as [number, number])[1];
  let directions: Tensor[] = blocks.map(() => tf.zeros([width]));
  let moments = initialAdam(directions);
  const term = tf.tidy(() => tf.tensor1d(bearers).mul<Tensor1D>(score));
  for (let step = 0; step < steps; step++) {
    const [own, other] = [bearing[step % bearing.length], others[step % others.length]];
    if (own === undefined || other === undefined) throw new Error('there are no cases to learn from');
    const { value, grads } = tf.tidy(() =>
      tf.valueAndGrads((...leaf: Tensor[]) => {
        const at = new Map(blocks.map((layer, i) => [layer, leaf[i]]));
        return loss(model, own, at, term).add(loss(model, other, at, term).mul(balance));
      })(directions),
    );
    const next = adam(directions, grads, moments, learningRate);
    tf.dispose([value, ...grads, ...directions, ...moments.first, ...moments.second]);
    [directions, moments] = [next.weights, next.state];
  }
  const learned = model.gptrec.blocks.map((_, i) => {
    const direction = directions[blocks.indexOf(i + 1)];
    return direction ? direction.dataSync<'float32'>().slice() : new Float32Array(width);
  });
  tf.dispose([term, ...directions, ...moments.first, ...moments.second]);
  return learned;
}

/** Mean of -log p of the true next items. */
function loss(
  model: SteerableModel,
  { prefix, targets }: LearningPart,
  directions: ReadonlyMap<number, Tensor | undefined>,
  term: Tensor1D,
): Scalar {
  const shifted = (states: Tensor2D, layer: number): Tensor2D => states.add(directions.get(layer) ?? 0);
  const logits = scoresFrom(model, prefix, shifted(prefix.last, 1), shifted).add<Tensor2D>(term);
  const V = logits.shape[1];
  return tf.logSoftmax(logits).mul(tf.oneHot(targets, V)).sum(1).mean().neg() as Scalar;
}
