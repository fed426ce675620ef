/** Windows of sequences as training batches. B windows, L positions. */
import type { UserSequences } from '../dataset/split.js';

export interface Batch {
  /** [B, L], aligned left, 0 after the end. */
  readonly inputs: Int32Array;
  /** Row-major indexes (b * L + position) of the real positions. */
  readonly positions: Int32Array;
  /** The next item at each of them. */
  readonly targets: Int32Array;
  readonly size: number;
  readonly window: number;
}

/** The last window + 1 items of each user: the paper's one window a user and epoch. Users of one item give nothing. */
export function trainingBatch(sequences: UserSequences, users: Int32Array, window: number): Batch {
  const inputs = new Int32Array(users.length * window);
  const positions: number[] = [];
  const targets: number[] = [];
  for (const [b, user] of users.entries()) {
    const items = lastItems(sequences, user, window + 1);
    for (let i = 0; i + 1 < items.length; i++) {
      inputs[b * window + i] = items[i] ?? 0;
      positions.push(b * window + i);
      targets.push(items[i + 1] ?? 0);
    }
  }
  return {
    inputs,
    positions: Int32Array.from(positions),
    targets: Int32Array.from(targets),
    size: users.length,
    window,
  };
}

/** The newest `count` items of a user, oldest first; without the last `skip`. */
export function lastItems(sequences: UserSequences, user: number, count: number, skip = 0): Int32Array {
  const start = sequences.offsets[user] ?? 0;
  const end = (sequences.offsets[user + 1] ?? start) - skip;
  return sequences.items.subarray(Math.max(start, end - count), Math.max(start, end));
}

export const userCount = (sequences: UserSequences): number => sequences.users.length;
