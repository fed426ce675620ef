/**
 * The reducers: pure functions of a state and one record. The online service, healing and the offline dataset use the
 * very same ones, so what was trained is what is served.
 *
 * For any interleaving of the two topics (each in its own order) the final state is the same: an interaction touches
 * only `history`, a profile event only `equalizer`, but for an erase, which cuts both (see history.ts for why that
 * commutes). What became of single records may differ: an interaction read before the erase that forgets it was
 * recommended from once.
 */
import type { Interaction, ProfileEvent, ProfileOutcome } from '../events/events.js';
import { withProfileEvent } from './equalizer.js';
import { cutHistory, meaningOf, withInteraction } from './history.js';
import { eventHash } from './recent-events.js';
import type { Equalizer, ReducerSettings, UserState } from './user-state.js';

/** What became of a record. One list is owed for every `changed`, none for the others. */
export type Reduced =
  /** `profile`: what became of a profile event; null for an interaction or a refresh. Only the state's bookkeeping may differ. */
  | { readonly outcome: 'changed'; readonly state: UserState; readonly profile: ProfileOutcome | null }
  /** An event id that is among the recent ones: nothing changes. */
  | { readonly outcome: 'repeat' }
  /** The interaction's kind means nothing to us: nothing changes. */
  | { readonly outcome: 'ignored' };

/**
 * Takes in an interaction of the state's user, known or unknown item alike.
 * @param loggedAt the log's timestamp of the record, ms
 */
export function onInteraction(
  state: UserState,
  event: Interaction,
  loggedAt: number,
  settings: ReducerSettings,
): Reduced {
  const meaning = meaningOf(event.kind, settings);
  if (meaning === 'ignore') return { outcome: 'ignored' };
  const hashed = eventHash(event.eventId);
  if (state.history.recentEvents.includes(hashed)) return { outcome: 'repeat' };
  const { erasedBefore } = state.equalizer;
  const history = withInteraction(state.history, event, hashed, loggedAt, meaning, erasedBefore, settings);
  return { outcome: 'changed', state: { ...state, history }, profile: null };
}

/**
 * Takes in a profile event of the state's user. A stale or conflicting one changes no gain; it is remembered, and its
 * sender gets a list that says so. A refresh changes nothing else, and is there for its list.
 * @param loggedAt the log's timestamp of the record, ms
 */
export function onProfileEvent(
  state: UserState,
  event: ProfileEvent,
  loggedAt: number,
  settings: ReducerSettings,
): Reduced {
  const before = state.equalizer;
  const hashed = eventHash(event.eventId);
  if (before.recentEvents.includes(hashed)) return { outcome: 'repeat' };
  const changed = (equalizer: Equalizer, profile: ProfileOutcome | null): Reduced => {
    const recentEvents = before.recentEvents.with(hashed, settings.recentEvents);
    const erased = equalizer.erasedBefore !== before.erasedBefore;
    const history = erased ? cutHistory(state.history, equalizer.erasedBefore) : state.history;
    return { outcome: 'changed', state: { ...state, history, equalizer: { ...equalizer, recentEvents } }, profile };
  };
  if (event.mode === 'refresh') return changed(before, null);
  if (event.expectedVersion !== null && event.expectedVersion !== before.version) return changed(before, 'conflict');
  const after = withProfileEvent(before, event, loggedAt);
  return after === undefined ? changed(before, 'stale') : changed(after, 'applied');
}
