/** Many cases at little cost: every position of a user's window, to be steered after the last block alone. */
import * as tf from '@tensorflow/tfjs';
import { finalNorm } from '../../src/model/gptrec.js';
import { activations, type SteerableModel } from '../../src/model/score.js';
import type { UserSequences } from '../dataset/split.js';
import { createRandom } from '../random.js';
import { lastItems } from '../train/batches.js';
import { BATCH, embeddingsOf, LEAST_HISTORY, type LearningPart } from './learning-cases.js';

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
