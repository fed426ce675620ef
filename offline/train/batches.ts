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

/** How many of a user's newest items to leave out, of the `surplus` that do not fit into a window. */
type SkipOf = (user: number, surplus: number) => number;

/** What a part costs beyond its positions, in positions: it takes some hundred calls of the runtime of its own. */
const PART_COST = 1_000;

/**
 * The batch of these users in parts of similar length, longest first, each as wide as its longest window: the same
 * windows as in one, with as much padding as is cheaper than a further part.
 */
export function trainingParts(sequences: UserSequences, users: Int32Array, window: number, skipOf?: SkipOf): Batch[] {
  const length = (user: number): number => Math.max(0, lastItems(sequences, user, window + 1).length - 1);
  const ordered = [...users].filter((user) => length(user) > 0).sort((a, b) => length(b) - length(a));
  const lengths = ordered.map(length);
  const starts = cheapestParts(lengths);
  return starts.map((start, i) => {
    const part = Int32Array.from(ordered.slice(start, starts[i + 1]));
    return trainingBatch(sequences, part, lengths[start] ?? 0, skipOf);
  });
}

/**
 * Where parts begin that cost least in all, PART_COST and rows times width each. Between windows of one length there is
 * never a cut.
 * @param lengths descending
 */
function cheapestParts(lengths: readonly number[]): number[] {
  const changes = [...lengths.keys()].filter((i) => lengths[i] !== lengths[i - 1]);
  const ends = changes.map((_, i) => changes[i + 1] ?? lengths.length);
  /** By end: the least cost of all windows before it, and where its last part begins. */
  const best: { cost: number; start: number }[] = [];
  for (const end of ends) {
    const options = changes
      .filter((start) => start < end)
      .map((start, i) => ({
        cost: (i === 0 ? 0 : (best[i - 1]?.cost ?? 0)) + PART_COST + (end - start) * (lengths[start] ?? 0),
        start,
      }));
    best.push(options.reduce((least, next) => (next.cost < least.cost ? next : least)));
  }
  const starts: number[] = [];
  for (let k = best.length - 1; k >= 0; k = changes.indexOf(starts[0] ?? 0) - 1) starts.unshift(best[k]?.start ?? 0);
  return starts;
}

/**
 * One window + 1 items of each user: the last, as in the paper, or what is before `skipOf` newer ones. Users of one item
 * give nothing.
 */
export function trainingBatch(
  sequences: UserSequences,
  users: Int32Array,
  window: number,
  skipOf: SkipOf = () => 0,
): Batch {
  const inputs = new Int32Array(users.length * window);
  const positions: number[] = [];
  const targets: number[] = [];
  for (const [b, user] of users.entries()) {
    const surplus = (sequences.offsets[user + 1] ?? 0) - (sequences.offsets[user] ?? 0) - (window + 1);
    const items = lastItems(sequences, user, window + 1, surplus > 0 ? skipOf(user, surplus) : 0);
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
