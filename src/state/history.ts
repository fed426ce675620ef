/**
 * The history part of a state: rolling sequence, older seen items, hidden items.
 *
 * Every list is in log order, and entries' times never decrease in log order. So what an erase at T leaves (`at` > T)
 * is the newest part of every list, and cutting a list and then adding to it gives what adding and then cutting gives:
 * the history depends on the interactions and on T, not on when T became known. Bounds keep the newest and so agree
 * with the cut. The context carries its own time for the same reason: the clock would not do, because later
 * interactions without a context move the clock and leave the context. What counts all that ever happened (accepted,
 * clock, recent events) is not cut at all.
 */
import type { Interaction } from '../events/events.js';
import type { EntryList, SequenceEntry } from './entry-list.js';
import type { ContextEntry, History, KindMeaning, ReducerSettings } from './user-state.js';

/** What the interaction's kind means; `*` stands for kinds that are not listed, and is `sequence` unless given. */
export function meaningOf(kind: string, settings: ReducerSettings): KindMeaning {
  const { kinds } = settings;
  return (Object.hasOwn(kinds, kind) ? kinds[kind] : kinds['*']) ?? 'sequence';
}

/** Whether an erase at `erasedBefore` (0: none) forgets what happened at `at`. */
function isErased(at: number, erasedBefore: number): boolean {
  return erasedBefore > 0 && at <= erasedBefore;
}

/** One interaction that is no repeat; `hashed` is the hash of its event id. */
export function withInteraction(
  history: History,
  event: Interaction,
  hashed: number,
  loggedAt: number,
  meaning: 'sequence' | 'hide',
  erasedBefore: number,
  settings: ReducerSettings,
): History {
  const at = Math.max(history.clock, loggedAt);
  const counted: History = {
    ...history,
    accepted: meaning === 'sequence' ? history.accepted + 1 : history.accepted,
    clock: at,
    recentEvents: history.recentEvents.with(hashed, settings.recentEvents),
  };
  if (isErased(at, erasedBefore)) return counted;
  const entry: SequenceEntry = { itemId: event.itemId, at };
  const context: ContextEntry | null = event.context === null ? history.context : { ...event.context, at };
  if (meaning === 'hide') return { ...counted, context, hidden: hide(history.hidden, entry, settings) };
  return { ...counted, context, ...append(history, entry, settings) };
}

/** What an erase at `erasedBefore` leaves. */
export function cutHistory(history: History, erasedBefore: number): History {
  if (erasedBefore <= 0) return history;
  const { context } = history;
  return {
    ...history,
    sequence: history.sequence.after(erasedBefore),
    older: history.older.after(erasedBefore),
    hidden: history.hidden.after(erasedBefore),
    context: context === null || isErased(context.at, erasedBefore) ? null : context,
  };
}

/** Ids of the items seen at or after `since` (ms; all of them unless given). An id may come more than once. */
export function* seenItems(history: History, since = Number.NEGATIVE_INFINITY): Generator<string> {
  for (const entry of history.older) if (entry.at >= since) yield entry.itemId;
  for (const entry of history.sequence) if (entry.at >= since) yield entry.itemId;
}

function hide(hidden: EntryList, entry: SequenceEntry, settings: ReducerSettings): EntryList {
  return hidden.without(entry.itemId).with(entry).newest(settings.hiddenItems);
}

/** Rolls the sequence: what leaves it goes to `older`, unless the sequence still holds the item. */
function append(
  history: History,
  entry: SequenceEntry,
  settings: ReducerSettings,
): Pick<History, 'sequence' | 'older'> {
  // At most one leaves: the settings are the same for the whole life of a state.
  const { list: sequence, isNew, gone } = history.sequence.rolled(entry, settings.sequenceLength);
  // An item of the sequence is never among the older ones, so only an item new to it needs the long search.
  let older = isNew ? history.older.without(entry.itemId) : history.older;
  if (gone !== undefined) older = older.with(gone);
  return { sequence, older: bounded(older, sequence, settings.seenItems) };
}

/** The newest older items that have room beside the distinct items of the sequence. */
function bounded(older: EntryList, sequence: EntryList, seen: number): EntryList {
  if (older.length === 0 || older.length + sequence.length <= seen) return older;
  return older.newest(seen - sequence.distinct);
}
