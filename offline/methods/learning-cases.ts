/** Cases that methods are learned from, with their unsteered forward calls. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor2D } from '@tensorflow/tfjs';
import type { EditAt } from '../../src/model/edited.js';
import { disposePrefix, readPrefix, statesFrom } from '../../src/model/last-position.js';
import type { SteerableModel } from '../../src/model/score.js';
import type { TestCase } from '../evaluate/cases.js';
import { createRandom } from '../random.js';

/** Cases a step. */
export const BATCH = 250;
/** Fewer items before the target tell little. */
export const LEAST_HISTORY = 5;

/** B cases, ready to be steered. To be disposed of. */
export interface LearningPart {
  /** What the output head reads, [B, d], when edits act. */
  statesWith(edit: EditAt): Tensor2D;
  /** [B, d]: the mean embedding of what should be next; of the true next item its own (wanted.ts). */
  readonly wanted: Tensor2D;
  dispose(): void;
}

/** A case for every interaction of a user that has some before it, or the last `most` of them, not for the last alone. */
export function everyCase(cases: readonly TestCase[], most = Number.MAX_SAFE_INTEGER): TestCase[] {
  return cases.flatMap(({ user, history, target }) => {
    const items = Int32Array.of(...history, target);
    const first = Math.max(LEAST_HISTORY, items.length - most);
    return Array.from({ length: Math.max(0, items.length - first) }, (_, i) => ({
      user,
      history: items.subarray(0, i + first),
      target: items[i + first] ?? target,
    }));
  });
}

/** At most `count` of the cases, drawn by the seed. */
export function drawCases(cases: readonly TestCase[], count: number, seed: number): TestCase[] {
  const order = createRandom(seed).shuffle(Int32Array.from(cases, (_, i) => i));
  return Array.from(order.subarray(0, count)).flatMap((i) => cases[i] ?? []);
}

/** Of each case one forward call up to the first block, from where edits may act on. */
export function readLearning(model: SteerableModel, cases: readonly TestCase[], window: number): LearningPart[] {
  const parts: LearningPart[] = [];
  for (let start = 0; start < cases.length; start += BATCH) {
    const part = cases.slice(start, start + BATCH);
    const windows = part.map(({ history }) => history.subarray(-window));
    const prefix = readPrefix(model, windows, { layer: 1, site: 'block' });
    const wanted = embeddingsOf(
      model,
      part.map(({ target }) => target),
    );
    parts.push({
      statesWith: (edit) => statesFrom(model, prefix, edit(prefix.last, prefix), edit),
      wanted,
      dispose: () => {
        disposePrefix(prefix);
        wanted.dispose();
      },
    });
  }
  return parts;
}

/** [B, d] */
export const embeddingsOf = (model: SteerableModel, items: number[]): Tensor2D =>
  tf.tidy(() => tf.gather(model.gptrec.items as Tensor2D, tf.tensor1d(items, 'int32')));

export function disposeLearning(parts: readonly LearningPart[]): void {
  for (const part of parts) part.dispose();
}
