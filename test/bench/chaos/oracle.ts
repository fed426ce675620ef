/** What should be, from the input log alone: each user's states after each of their events, and the dead letters. */
import type { ProfileOutcome } from '../../../src/events/events.js';
import { emptyState, type UserState } from '../../../src/state/user-state.js';
import { type Expected, expectInput } from './expect-input.js';
import { afterInteraction, type HistoryView, historyOf, NO_HISTORY } from './oracle-history.js';
import { afterProfileEvent, equalizerOf, type EqualizerView, NO_EQUALIZER } from './oracle-equalizer.js';
import type { Read } from './topics.js';
import { settingsOf, type World } from './world.js';

/** An event that changed its user's state, and so owes a list. */
export interface Change<View> {
  readonly record: Read;
  readonly view: View;
  readonly outcome: ProfileOutcome | null;
}

export interface User {
  readonly id: string;
  readonly partition: number;
  /** In log order, each topic by itself. */
  readonly interactions: Change<HistoryView>[];
  readonly profiles: Change<EqualizerView>[];
  /** How many of either lie before the group's start. */
  readonly before: { interactions: number; profiles: number };
}

export interface Dead {
  readonly record: Read;
  readonly reason: (Expected & { kind: 'dead' })['reason'];
}

export interface Oracle {
  readonly users: ReadonlyMap<string, User>;
  readonly dead: readonly Dead[];
  /** Events since the start that owe nothing: repeats, and kinds that are ignored. */
  readonly unchanged: number;
}

/** Offsets of the start of the group, by partition. */
export interface Start {
  readonly interactions: readonly number[];
  readonly profiles: readonly number[];
}

export function oracleOf(records: readonly Read[], world: World, start: Start): Oracle {
  const { reducer } = settingsOf(world);
  const users = new Map<string, User>();
  const dead: Dead[] = [];
  let unchanged = 0;
  for (const record of records) {
    const { topic, partition, offset, timestamp } = record;
    const input = topic === world.topics.profiles ? 'profiles' : 'interactions';
    const isOwed = offset >= (start[input][partition] ?? 0);
    const expected = expectInput(record, world);
    if (expected.kind === 'dead') {
      if (isOwed) dead.push({ record, reason: expected.reason });
      continue;
    }
    const user = userOf(users, expected.event.userId, partition);
    let isChange: boolean;
    if (expected.kind === 'interaction') {
      const view = afterInteraction(historyAt(user, Infinity), expected.event, timestamp, reducer);
      if (view) user.interactions.push({ record, view, outcome: null });
      isChange = view !== undefined;
    } else {
      const after = afterProfileEvent(equalizerAt(user, Infinity), expected.event, timestamp, reducer);
      if (after) user.profiles.push({ record, ...after });
      isChange = after !== undefined;
    }
    if (isChange && !isOwed) user.before[input] += 1;
    if (!isChange && isOwed) unchanged += 1;
  }
  return { users, dead, unchanged };
}

/** The user's state after so many changes of either topic. */
export function stateAt(user: User, interactions: number, profiles: number): UserState {
  const equalizer = equalizerAt(user, profiles);
  const history = historyOf(historyAt(user, interactions), equalizer.erasedBefore);
  return { ...emptyState(user.id), history, equalizer: equalizerOf(equalizer) };
}

export function equalizerAt({ profiles }: User, count: number): EqualizerView {
  return profiles[Math.min(count, profiles.length) - 1]?.view ?? NO_EQUALIZER;
}

function historyAt({ interactions }: User, count: number): HistoryView {
  return interactions[Math.min(count, interactions.length) - 1]?.view ?? NO_HISTORY;
}

function userOf(users: Map<string, User>, id: string, partition: number): User {
  const known = users.get(id);
  if (known) return known;
  const made: User = { id, partition, interactions: [], profiles: [], before: { interactions: 0, profiles: 0 } };
  users.set(id, made);
  return made;
}
