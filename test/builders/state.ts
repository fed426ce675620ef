/** User states for tests. */
import { emptyState, type UserState } from '../../src/state/user-state.js';
import { EntryList } from '../../src/state/entry-list.js';

/** A state whose sequence holds these items, one per second. */
export function stateWith(userId: string, items: readonly string[]): UserState {
  const empty = emptyState(userId);
  const time = (index: number): number => 1_700_000_000_000 + index * 1000;
  const sequence = EntryList.of(items.map((itemId, index) => ({ itemId, at: time(index) })));
  const clock = items.length === 0 ? 0 : time(items.length - 1);
  return { ...empty, history: { ...empty.history, accepted: items.length, clock, sequence } };
}
