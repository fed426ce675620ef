/** User states for tests. */
import { emptyState, type UserState } from '../../src/state/user-state.js';

/** A state whose sequence holds these items, one per second. */
export function stateWith(userId: string, items: readonly string[]): UserState {
  const empty = emptyState(userId);
  const sequence = items.map((itemId, index) => ({ itemId, at: 1_700_000_000_000 + index * 1000 }));
  const clock = sequence.at(-1)?.at ?? 0;
  return { ...empty, history: { ...empty.history, accepted: items.length, clock, sequence } };
}
