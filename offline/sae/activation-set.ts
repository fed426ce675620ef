/** Activations of a set of users: what the SAE is trained on and judged by. */
import type { SteerableModel } from '../../src/model/score.js';
import { activations } from '../../src/model/score.js';
import type { Place } from '../../src/model/shapes.js';
import type { UserSequences } from '../dataset/split.js';
import { lastItems, userCount } from '../train/batches.js';

export interface ActivationSet {
  /** [N, d], row-major: what passes a place of the model, at every real position of each user's window. */
  readonly values: Float32Array;
  /** [N]: the item at each position. */
  readonly items: Int32Array;
  readonly width: number;
}

const BATCH = 128;

export interface ActivationSource {
  readonly window: number;
  /** The first so many; all of them where it is left out. */
  readonly users?: number;
}

/** Windows are the last `window` items of each user. */
export function readActivations(
  model: SteerableModel,
  sequences: UserSequences,
  { layer, site, ...source }: ActivationSource & Place,
): ActivationSet {
  const [set] = readPlaces(model, sequences, [{ layer, site }], source);
  if (set === undefined) throw new Error('no place was read');
  return set;
}

/** The activations at several places, from one forward call a window. The sets share their items. */
export function readPlaces(
  model: SteerableModel,
  sequences: UserSequences,
  places: readonly Place[],
  { window, users = userCount(sequences) }: ActivationSource,
): ActivationSet[] {
  const width = model.gptrec.items.shape[1] ?? 0;
  const windows = Array.from({ length: Math.min(users, userCount(sequences)) }, (_, user) =>
    lastItems(sequences, user, window),
  ).filter((items) => items.length > 0);
  const count = windows.reduce((sum, items) => sum + items.length, 0);
  const items = new Int32Array(count);
  const sets = places.map(() => ({ values: new Float32Array(count * width), items, width }));
  let row = 0;
  for (let start = 0; start < windows.length; start += BATCH) {
    const part = windows.slice(start, start + BATCH);
    const tensors = activations(model, part, places);
    for (const [i, tensor] of tensors.entries()) {
      sets[i]?.values.set(realRows(tensor.dataSync<'float32'>(), part, tensor.shape[1] * width, width), row * width);
      tensor.dispose();
    }
    for (const real of part) {
      items.set(real, row);
      row += real.length;
    }
  }
  return sets;
}

/** The rows of padded windows that are no padding. `stride`: values of one padded window. */
function realRows(data: Float32Array, windows: readonly Int32Array[], stride: number, width: number): Float32Array {
  const rows = new Float32Array(windows.reduce((sum, items) => sum + items.length * width, 0));
  let at = 0;
  for (const [b, { length }] of windows.entries()) {
    rows.set(data.subarray(b * stride, b * stride + length * width), at);
    at += length * width;
  }
  return rows;
}

/** At most so many rows, spread evenly. */
export function spread(set: ActivationSet, most: number): ActivationSet {
  const stride = Math.max(1, Math.ceil(set.items.length / most));
  if (stride === 1) return set;
  const rows = Array.from({ length: Math.floor(set.items.length / stride) }, (_, i) => i * stride);
  const { width } = set;
  const values = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) values.set(set.values.subarray(row * width, (row + 1) * width), i * width);
  return { values, items: Int32Array.from(rows, (row) => set.items[row] ?? 0), width };
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
