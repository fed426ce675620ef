/** States of users who did a lot, for measuring sizes. */
import type { UserState } from '../../src/state/user-state.js';
import { emptyState } from '../../src/state/user-state.js';
import { RecentEvents } from '../../src/state/recent-events.js';
import { EntryList, type SequenceEntry } from '../../src/state/entry-list.js';

const EVENTS = 200;
const RECENT = 64;
const MINUTE_MS = 60_000;
const THREE_DAYS_IN_MINUTES = 3 * 24 * 60;
const ATTRIBUTES = ['genre/Sci-Fi', 'genre/Drama', 'decade/1980', 'mood/calm', 'popularity/high'];

/** A whole number in [from, below). */
export type Random = (from: number, below: number) => number;

/** Item ids of one kind, each drawn evenly. */
export const IDS = {
  movielens: (random: Random) => String(random(1, 3953)),
  'six-digits': (random: Random) => String(random(100_000, 1_000_000)),
  'letter-and-five-digits': (random: Random) => `i${String(random(0, 100_000)).padStart(5, '0')}`,
  /** The worst case of six characters: 31 bits each, and nothing to spare. */
  'six-random-characters': (random: Random) => random(36 ** 5, 36 ** 6).toString(36),
} as const;

export type IdKind = keyof typeof IDS;

/**
 * 200 events, from a minute to three days apart (evenly in the logarithm), 64 recent event ids, five gains and a
 * context.
 */
export function busyState(userId: string, kind: IdKind, random: Random): UserState {
  const empty = emptyState(userId);
  const hash = (): number => random(0, 2 ** 32) * 2 ** 21 + random(0, 2 ** 21);
  const sequence: SequenceEntry[] = [];
  let at = 1_700_000_000_000 + random(0, 1_000_000);
  for (let i = 0; i < EVENTS; i += 1) {
    at += Math.floor(MINUTE_MS * THREE_DAYS_IN_MINUTES ** (random(0, 1_000_000) / 1_000_000));
    sequence.push({ itemId: IDS[kind](random), at });
  }
  const gains = ATTRIBUTES.map((name) => [
    name,
    { gain: random(-10, 11) / 10, at: at - random(0, 1e9), expiresAt: null },
  ]);
  const context = { device: 'tv', page: 'home', market: 'DE', maturityLimit: null, at };
  const recentEvents = RecentEvents.of(Array.from({ length: RECENT }, hash));
  return {
    userId,
    history: { ...empty.history, accepted: EVENTS, clock: at, sequence: EntryList.of(sequence), recentEvents, context },
    equalizer: {
      ...empty.equalizer,
      version: ATTRIBUTES.length,
      gains: Object.fromEntries(gains) as UserState['equalizer']['gains'],
      recentEvents: RecentEvents.of(Array.from({ length: ATTRIBUTES.length }, hash)),
    },
  };
}
