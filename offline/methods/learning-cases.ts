/** Cases that methods are learned from, with their unsteered forward calls. */
import * as tf from '@tensorflow/tfjs';
import type { Tensor2D } from '@tensorflow/tfjs';
import type { EditAt } from '../../src/model/edited.js';
import { finalNorm } from '../../src/model/gptrec.js';
import { disposePrefix, readPrefix, statesFrom } from '../../src/model/last-position.js';
import { activations, type SteerableModel } from '../../src/model/score.js';
import type { UserSequences } from '../dataset/split.js';
import type { TestCase } from '../evaluate/cases.js';
import { createRandom } from '../random.js';
import { lastItems } from '../train/batches.js';

/** Cases a step. */
const BATCH = 250;
/** Fewer items before the target tell little. */
const LEAST_HISTORY = 5;

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

/** Many cases at little cost: every position of a user's window, steered after the last block alone. */
export interface LateCases {
  /** [N, d]: the residual stream after the last block. */
  readonly states: Float32Array;
  /** [N] */
  readonly targets: Int32Array;
}

/** At most `count` cases of the users of these parts, drawn by the seed. */
export function readLateCases(
  model: SteerableModel,
  sequences: readonly UserSequences[],
  window: number,
  { count, seed }: { readonly count: number; readonly seed: number },
): LateCases {
  const width = model.gptrec.items.shape[1] ?? 0;
  const place = { layer: model.gptrec.blocks.length, site: 'block' } as const;
  const windows = sequences
    .flatMap((part) => part.users.map((_, user) => lastItems(part, user, window + 1)))
    .filter(({ length }) => length > LEAST_HISTORY);
  const all = windows.flatMap((items, user) =>
    Array.from({ length: items.length - LEAST_HISTORY }, (_, i) => ({ user, at: i + LEAST_HISTORY - 1 })),
  );
  const order = createRandom(seed)
    .shuffle(Int32Array.from(all, (_, i) => i))
    .subarray(0, count);
  const byUser = Map.groupBy(
    Array.from(order)
      .sort((a, b) => a - b)
      .flatMap((i) => all[i] ?? []),
    ({ user }) => user,
  );
  const states = new Float32Array(order.length * width);
  const targets = new Int32Array(order.length);
  let row = 0;
  const taken = [...byUser];
  for (let start = 0; start < taken.length; start += BATCH) {
    const part = taken.slice(start, start + BATCH);
    const inputs = part.map(([user]) => (windows[user] ?? new Int32Array()).subarray(0, -1));
    const [tensor] = activations(model, inputs, [place]);
    if (tensor === undefined) throw new Error('the last block was not read');
    const values = tensor.dataSync<'float32'>();
    const stride = tensor.shape[1];
    tensor.dispose();
    for (const [b, [user, cases]] of part.entries()) {
      for (const { at } of cases) {
        states.set(values.subarray((b * stride + at) * width, (b * stride + at + 1) * width), row * width);
        targets[row++] = windows[user]?.[at + 1] ?? 0;
      }
    }
  }
  return { states, targets };
}

/** Some of them, by index, in parts of `batch`. */
export function lateParts(
  model: SteerableModel,
  { states, targets }: LateCases,
  rows: readonly number[],
  batch = BATCH,
): LearningPart[] {
  const width = model.gptrec.items.shape[1] ?? 0;
  const layer = model.gptrec.blocks.length;
  const parts: LearningPart[] = [];
  for (let start = 0; start < rows.length; start += batch) {
    const part = rows.slice(start, start + batch);
    const values = new Float32Array(part.length * width);
    for (const [i, row] of part.entries()) values.set(states.subarray(row * width, (row + 1) * width), i * width);
    const x = tf.tensor2d(values, [part.length, width]);
    const wanted = embeddingsOf(
      model,
      part.map((row) => targets[row] ?? 0),
    );
    parts.push({
      statesWith: (edit) => finalNorm(model.gptrec, edit(x, { layer, site: 'block' })),
      wanted,
      dispose: () => tf.dispose([x, wanted]),
    });
  }
  return parts;
}

const embeddingsOf = (model: SteerableModel, items: number[]): Tensor2D =>
  tf.tidy(() => tf.gather(model.gptrec.items as Tensor2D, tf.tensor1d(items, 'int32')));

export function disposeLearning(parts: readonly LearningPart[]): void {
  for (const part of parts) part.dispose();
}
