/** Activations of a set of users: what the SAE is trained on and judged by. */
import type { SteerableModel } from '../../src/model/score.js';
import { activations } from '../../src/model/score.js';
import type { UserSequences } from '../dataset/split.js';
import { lastItems, userCount } from '../train/batches.js';

export interface ActivationSet {
  /** [N, d], row-major: the residual stream after the block, at every real position of each user's window. */
  readonly values: Float32Array;
  /** [N]: the item at each position. */
  readonly items: Int32Array;
  readonly width: number;
}

const BATCH = 128;

/** Windows are the last `window` items of each user. */
export function readActivations(
  model: SteerableModel,
  sequences: UserSequences,
  { window, layer, users = userCount(sequences) }: { window: number; layer: number; users?: number },
): ActivationSet {
  const width = model.gptrec.items.shape[1] ?? 0;
  const windows = Array.from({ length: Math.min(users, userCount(sequences)) }, (_, user) =>
    lastItems(sequences, user, window),
  ).filter((items) => items.length > 0);
  const count = windows.reduce((sum, items) => sum + items.length, 0);
  const values = new Float32Array(count * width);
  const items = new Int32Array(count);
  let row = 0;
  for (let start = 0; start < windows.length; start += BATCH) {
    const part = windows.slice(start, start + BATCH);
    const tensor = activations(model, part, layer);
    const [, L] = tensor.shape;
    const data = tensor.dataSync<'float32'>();
    tensor.dispose();
    for (const [b, window_] of part.entries()) {
      values.set(data.subarray(b * L * width, (b * L + window_.length) * width), row * width);
      items.set(window_, row);
      row += window_.length;
    }
  }
  return { values, items, width };
}

/** One scalar mean and standard deviation over all values. */
export function scalarMoments(values: Float32Array): { mean: number; std: number } {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, std: Math.sqrt(squares / values.length) };
}
