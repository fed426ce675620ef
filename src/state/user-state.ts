/**
 * What is kept of one user. Two parts that share no field: `history` follows the interactions topic, `equalizer` the
 * profiles topic, so the order in which the two topics are read cannot change a state.
 *
 * The one crossing is `erase`, a cut at a time T: history at or before T is forgotten, whichever topic is read first.
 * That works because every entry carries a time that never decreases for one user in log order (see History.clock).
 */
import type { Gains, InteractionContext } from '../events/events.js';
import { EntryList } from './entry-list.js';
import { RecentEvents } from './recent-events.js';

/** The context of an interaction, and when that was: what an erase forgets must not depend on when it is read. */
export interface ContextEntry extends InteractionContext {
  /** Log time, as in SequenceEntry. */
  readonly at: number;
}

export interface History {
  /** Interactions accepted into the sequence since the beginning; an erase does not turn it back. */
  readonly accepted: number;
  /** The greatest broker timestamp so far, ms. */
  readonly clock: number;
  /** The newest accepted interactions, oldest first. */
  readonly sequence: EntryList;
  /** Distinct items seen before the sequence and not in it, by last sight, oldest first. */
  readonly older: EntryList;
  /** Items never to be recommended to this user, oldest first. */
  readonly hidden: EntryList;
  /** Hashes (53 bits) of the newest event ids, oldest first: a repeated event changes nothing. */
  readonly recentEvents: RecentEvents;
  /** Context of the newest interaction that gave one. */
  readonly context: ContextEntry | null;
}

/** One slider. A gain of 0 marks one that was taken away or has expired: an older setting must not bring it back. */
export interface GainEntry {
  readonly gain: number;
  /** Effective time of the event that set it, ms; later settings win. */
  readonly at: number;
  readonly expiresAt: number | null;
}

export interface Equalizer {
  /** Counts applied changes, from 0. */
  readonly version: number;
  readonly gains: Readonly<Record<string, GainEntry>>;
  /** Effective time of the last event that set the whole (replace, reset, off): older settings lose, ms. */
  readonly floor: number;
  /** Bypassed: the gains are kept, and not applied. */
  readonly off: boolean;
  readonly preset: string | null;
  /** History at or before this time is forgotten, ms; 0: nothing was erased. */
  readonly erasedBefore: number;
  readonly recentEvents: RecentEvents;
}

export interface UserState {
  readonly userId: string;
  readonly history: History;
  readonly equalizer: Equalizer;
}

export type KindMeaning = 'sequence' | 'hide' | 'ignore';

/** What the reducers need to know. Stored with the states: other settings need a heal from the beginning. */
export interface ReducerSettings {
  /** Length of the rolling sequence. */
  readonly sequenceLength: number;
  /** Distinct seen items kept, those of the sequence included. */
  readonly seenItems: number;
  readonly hiddenItems: number;
  /** Event ids remembered for each part. */
  readonly recentEvents: number;
  /** What each kind of interaction means; `*` for the others. */
  readonly kinds: Readonly<Record<string, KindMeaning>>;
}

export const DEFAULT_REDUCER_SETTINGS: ReducerSettings = {
  sequenceLength: 200,
  seenItems: 2000,
  hiddenItems: 2000,
  recentEvents: 64,
  kinds: { dislike: 'hide', hide: 'hide', impression: 'ignore', '*': 'sequence' },
};

/** The state of a user of whom nothing is known. */
export function emptyState(userId: string): UserState {
  return {
    userId,
    history: {
      accepted: 0,
      clock: 0,
      sequence: EntryList.EMPTY,
      older: EntryList.EMPTY,
      hidden: EntryList.EMPTY,
      recentEvents: RecentEvents.NONE,
      context: null,
    },
    equalizer: {
      version: 0,
      gains: {},
      floor: 0,
      off: false,
      preset: null,
      erasedBefore: 0,
      recentEvents: RecentEvents.NONE,
    },
  };
}

/** The gains in force, none of them 0: none while the equalizer is off. */
export function activeGains(equalizer: Equalizer): Gains {
  if (equalizer.off) return {};
  const set = Object.entries(equalizer.gains).filter(([, entry]) => entry.gain !== 0);
  return Object.fromEntries(set.map(([attribute, entry]) => [attribute, entry.gain]));
}
