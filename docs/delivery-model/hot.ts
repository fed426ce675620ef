/** States that an owner keeps in memory, as in src/stream/hot-states.ts. */
import type { Mix } from './rules.js';
import type { Hot, Touched } from './state.js';

/** What a batch has in memory, and whose states it must read. */
export interface Known {
  readonly states: readonly (readonly [user: number, state: string])[];
  readonly missing: readonly number[];
}

export function put(hot: Hot, touched: Touched): Hot {
  const next = [...hot];
  for (const [user, state] of touched) next[user] = state;
  return next;
}

/**
 * What a batch of these users may find in memory. Any part of what was put, so that no capacity and no order of
 * forgetting is left out: what was forgotten is read by the next batch that needs it, and put again.
 */
export function knownOf({ hot: used }: Mix, hot: Hot, users: readonly number[]): readonly Known[] {
  const there = users.filter((user) => hot[user] !== undefined);
  const parts = used === 'none' ? [[]] : used === 'all' ? [there] : subsets(there);
  return parts.map((part) => ({
    states: part.map((user) => [user, hot[user] ?? '|']),
    missing: users.filter((user) => !part.includes(user)),
  }));
}

/** The empty one first. */
function subsets(users: readonly number[]): readonly (readonly number[])[] {
  return users.reduce<readonly (readonly number[])[]>(
    (found, user) => [...found, ...found.map((part) => [...part, user])],
    [[]],
  );
}
