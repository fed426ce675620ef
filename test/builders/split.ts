/** Splits small enough to train on in a test. */
import type { Split, UserSequences } from '../../offline/dataset/sequences.js';

/** Sequences of item indexes, user after user. */
export function sequencesOf(lists: readonly (readonly number[])[]): UserSequences {
  const offsets = Int32Array.from({ length: lists.length + 1 }, (_, user) => lists.slice(0, user).flat().length);
  const items = Int32Array.from(lists.flat());
  return { users: lists.map((_, user) => `u${user}`), offsets, items, times: Float64Array.from(items.keys()) };
}

/** Users who walk round a circle of items, each from another place: what comes next can be learned. */
export function circleSplit({ items = 12, users = 12, length = 7 } = {}): Split {
  const walk = (user: number): number[] => Array.from({ length }, (_, t) => (user * 3 + t) % items);
  const part = (from: number, to: number): UserSequences =>
    sequencesOf(Array.from({ length: to - from }, (_, i) => walk(from + i)));
  return {
    kind: 'paper',
    seed: 1,
    snapshot: { interactions: [[0, users * length]] },
    items: Array.from({ length: items }, (_, i) => `i${i}`),
    titles: Array.from({ length: items }, (_, i) => `Item ${i}`),
    attributeNames: ['genre/Low', 'genre/High'],
    attributeItems: [Int32Array.of(0, 1, 2, 3), Int32Array.from({ length: items - 4 }, (_, i) => i + 4)],
    train: part(0, users),
    validation: part(users, users + 4),
    sae: part(users + 4, users + 10),
    test: part(users + 10, users + 16),
  };
}
