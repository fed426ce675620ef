/** What a user asked for, told plainly (schemas/profile-event.avsc and src/state/equalizer.ts say what each mode means). */
import type { ProfileEvent, ProfileOutcome } from '../../../src/events/events.js';
import { RecentEvents } from '../../../src/state/recent-events.js';
import type { Equalizer, GainEntry, ReducerSettings } from '../../../src/state/user-state.js';
import { hashOf } from './oracle-history.js';

/** Never changed after it was made. */
export interface EqualizerView extends Omit<Equalizer, 'gains' | 'recentEvents'> {
  readonly recentEvents: readonly number[];
  readonly gains: ReadonlyMap<string, GainEntry>;
}

export const NO_EQUALIZER: EqualizerView = {
  version: 0,
  gains: new Map(),
  floor: 0,
  off: false,
  preset: null,
  erasedBefore: 0,
  recentEvents: [],
};

/** Undefined: its id is among the recent ones, and it changes nothing. */
export function afterProfileEvent(
  before: EqualizerView,
  event: ProfileEvent,
  timestamp: number,
  settings: ReducerSettings,
): { readonly view: EqualizerView; readonly outcome: ProfileOutcome | null } | undefined {
  const hash = hashOf(event.eventId);
  if (before.recentEvents.includes(hash)) return undefined;
  const recentEvents = [...before.recentEvents, hash].slice(-settings.recentEvents);
  if (event.mode === 'refresh') return { view: { ...before, recentEvents }, outcome: null };
  if (event.expectedVersion !== null && event.expectedVersion !== before.version) {
    return { view: { ...before, recentEvents }, outcome: 'conflict' };
  }
  const applied = apply(before, event, Math.min(event.occurredAt, timestamp));
  if (applied === undefined) return { view: { ...before, recentEvents }, outcome: 'stale' };
  // A gain of 0 is only there to keep out settings that are older than it; below the floor none comes in anyway.
  const gains = new Map([...applied.gains].filter(([, { gain, at }]) => gain !== 0 || at > applied.floor));
  return { view: { ...applied, gains, recentEvents, version: before.version + 1 }, outcome: 'applied' };
}

/** The equalizer part of the state. */
export function equalizerOf(view: EqualizerView): Equalizer {
  return { ...view, gains: Object.fromEntries(view.gains), recentEvents: RecentEvents.of(view.recentEvents) };
}

const taken = (at: number): GainEntry => ({ gain: 0, at, expiresAt: null });

/** Undefined: a newer setting stands. */
function apply(before: EqualizerView, event: ProfileEvent, now: number): EqualizerView | undefined {
  const { mode, expiresAt, preset } = event;
  if (mode === 'erase') {
    const later = new Map([...before.gains].filter(([, { at }]) => at > now));
    const erased = { ...before, gains: later, erasedBefore: Math.max(before.erasedBefore, now) };
    return now < before.floor ? erased : { ...erased, floor: now, off: false, preset: null };
  }
  if (mode === 'expire') {
    const over = [...before.gains].filter(([, entry]) => entry.expiresAt !== null && entry.expiresAt <= now);
    if (over.length === 0) return undefined;
    const gains = new Map(before.gains);
    for (const [name, { at }] of over) gains.set(name, taken(at));
    const isAnyLeft = [...gains.values()].some(({ gain }) => gain !== 0);
    return { ...before, gains, preset: isAnyLeft ? before.preset : null };
  }
  if (now < before.floor) return undefined;
  if (mode === 'off') return { ...before, off: true, floor: now };

  const set = new Map<string, GainEntry>();
  for (const [name, gain] of Object.entries(event.gains)) {
    const isNothing = gain === 0 || (expiresAt !== null && expiresAt <= now);
    set.set(name, isNothing ? taken(now) : { gain, at: now, expiresAt });
  }
  if (mode === 'merge') {
    const gains = new Map(before.gains);
    let won = 0;
    for (const [name, entry] of set) {
      const standing = gains.get(name);
      if (standing !== undefined && standing.at > now) continue;
      gains.set(name, entry);
      won += 1;
    }
    if (set.size > 0 && won === 0) return undefined;
    return { ...before, gains, off: false, preset };
  }
  const gains = mode === 'replace' ? set : new Map<string, GainEntry>();
  for (const [name, entry] of before.gains) if (entry.at > now) gains.set(name, entry);
  return { ...before, gains, floor: now, off: false, preset: mode === 'replace' ? preset : null };
}
