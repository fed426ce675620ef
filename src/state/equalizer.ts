/**
 * The equalizer part of a state: the last writer wins, per attribute, by effective time; ties go to the later in the
 * log. The effective time is the earlier of the event's own and the log's, so a wrong clock cannot block later changes.
 *
 * A gain that is taken away (set to 0) or expires leaves its time behind as an entry of gain 0: else a setting that is
 * older, but comes later in the log, would bring the attribute back. Such an entry goes once the floor has reached its
 * time, since the floor then keeps out all that it would.
 */
import type { ProfileEvent } from '../events/events.js';
import type { Equalizer, GainEntry } from './user-state.js';

/** Attributes kept for one user: beyond, taken-away ones go first, then the oldest. */
export const MAX_ATTRIBUTES = 256;

type Entries = Iterable<readonly [string, GainEntry]>;

/** The equalizer after the event; undefined: nothing of it applies, a newer setting stands. */
export function withProfileEvent(equalizer: Equalizer, event: ProfileEvent, loggedAt: number): Equalizer | undefined {
  const at = effectiveTime(event, loggedAt);
  const changed = change(equalizer, event, at);
  return changed === undefined ? undefined : { ...changed, version: equalizer.version + 1 };
}

/** Milliseconds; never later than the log's own time. */
function effectiveTime(event: ProfileEvent, loggedAt: number): number {
  return Math.min(event.occurredAt, loggedAt);
}

/** When the next gain ends, ms; null: none does. */
export function nextExpiry(equalizer: Equalizer): number | null {
  let next: number | null = null;
  for (const { expiresAt } of Object.values(equalizer.gains)) {
    if (expiresAt !== null && (next === null || expiresAt < next)) next = expiresAt;
  }
  return next;
}

function change(equalizer: Equalizer, event: ProfileEvent, at: number): Equalizer | undefined {
  switch (event.mode) {
    case 'merge':
      return merge(equalizer, event, at);
    case 'replace':
      return replace(equalizer, settings(event, at), event.preset, at);
    case 'reset':
      return replace(equalizer, [], null, at);
    case 'off':
      return at < equalizer.floor ? undefined : withGains({ ...equalizer, off: true, floor: at }, entries(equalizer));
    case 'expire':
      return expire(equalizer, at);
    case 'erase':
      return erase(equalizer, at);
    case 'refresh':
      return undefined;
  }
}

/** Sets some attributes and keeps the others. Without gains it only turns an equalizer on that was off. */
function merge(equalizer: Equalizer, event: ProfileEvent, at: number): Equalizer | undefined {
  if (at < equalizer.floor) return undefined;
  const set = settings(event, at);
  const gains = new Map(entries(equalizer));
  const winning = set.filter(([attribute]) => (gains.get(attribute)?.at ?? at) <= at);
  if (winning.length === 0 && set.length > 0) return undefined;
  for (const [attribute, entry] of winning) gains.set(attribute, entry);
  return withGains({ ...equalizer, off: false, preset: event.preset }, gains);
}

/** Sets the whole; what was set later than it stays. */
function replace(equalizer: Equalizer, set: Entries, preset: string | null, at: number): Equalizer | undefined {
  if (at < equalizer.floor) return undefined;
  const gains = new Map([...set, ...entries(equalizer).filter(([, entry]) => entry.at > at)]);
  return withGains({ ...equalizer, floor: at, off: false, preset }, gains);
}

/** Takes away the gains whose end has come. */
function expire(equalizer: Equalizer, at: number): Equalizer | undefined {
  const ended = (entry: GainEntry): boolean => entry.expiresAt !== null && entry.expiresAt <= at;
  const before = entries(equalizer);
  if (!before.some(([, entry]) => ended(entry))) return undefined;
  const after = before.map(([name, entry]) => [name, ended(entry) ? takenAway(entry.at) : entry] as const);
  const anyLeft = after.some(([, entry]) => entry.gain !== 0);
  return withGains({ ...equalizer, preset: anyLeft ? equalizer.preset : null }, after);
}

/** Forgets all up to `at`, whatever was set since; never stale. */
function erase(equalizer: Equalizer, at: number): Equalizer {
  const erasedBefore = Math.max(equalizer.erasedBefore, at);
  const whole = at >= equalizer.floor ? { floor: at, off: false, preset: null } : {};
  const kept = entries(equalizer).filter(([, entry]) => entry.at > at);
  return withGains({ ...equalizer, ...whole, erasedBefore }, kept);
}

/** What the event sets. A gain whose end has come already is one that is taken away. */
function settings(event: ProfileEvent, at: number): readonly (readonly [string, GainEntry])[] {
  const over = event.expiresAt !== null && event.expiresAt <= at;
  return Object.entries(event.gains).map(([attribute, gain]) => [
    attribute,
    over || gain === 0 ? takenAway(at) : { gain, at, expiresAt: event.expiresAt },
  ]);
}

function takenAway(at: number): GainEntry {
  return { gain: 0, at, expiresAt: null };
}

function entries(equalizer: Equalizer): (readonly [string, GainEntry])[] {
  return Object.entries(equalizer.gains);
}

function withGains(equalizer: Equalizer, gains: Entries): Equalizer {
  const needed = [...gains].filter(([, entry]) => entry.gain !== 0 || entry.at > equalizer.floor);
  if (needed.length > MAX_ATTRIBUTES) needed.sort(byWorth).splice(MAX_ATTRIBUTES);
  return { ...equalizer, gains: Object.fromEntries(needed) };
}

/** Gains before taken-away ones, newer before older; then by name, so that any order of the entries gives the same. */
function byWorth([nameA, a]: readonly [string, GainEntry], [nameB, b]: readonly [string, GainEntry]): number {
  return Number(a.gain === 0) - Number(b.gain === 0) || b.at - a.at || (nameA < nameB ? -1 : 1);
}
