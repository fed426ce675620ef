import type { UserSequences } from './sequences.js';

/** The sequences of some of the users, by index, in that order. */
export function someUsers({ users, offsets, items, times }: UserSequences, chosen: readonly number[]): UserSequences {
  const rows = chosen.map((user) => [offsets[user] ?? 0, offsets[user + 1] ?? 0] as const);
  const length = rows.reduce((sum, [from, to]) => sum + to - from, 0);
  const some = {
    users: chosen.map((user) => users[user] ?? ''),
    offsets: new Int32Array(chosen.length + 1),
    items: new Int32Array(length),
    times: new Float64Array(length),
  };
  let at = 0;
  for (const [i, [from, to]] of rows.entries()) {
    some.items.set(items.subarray(from, to), at);
    some.times.set(times.subarray(from, to), at);
    at += to - from;
    some.offsets[i + 1] = at;
  }
  return some;
}
