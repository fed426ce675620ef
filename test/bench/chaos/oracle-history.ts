/**
 * What a user did, told plainly (src/state/user-state.ts says what each part means). Nothing is ever cut here: an erase
 * at T forgets what happened at or before T, and is applied when somebody looks.
 */
import { createHash } from 'node:crypto';
import type { Interaction, InteractionContext } from '../../../src/events/events.js';
import type { History, ReducerSettings } from '../../../src/state/user-state.js';
import { EntryList, type SequenceEntry } from '../../../src/state/entry-list.js';
import { RecentEvents } from '../../../src/state/recent-events.js';

/** What is kept after an accepted interaction; never changed afterwards. */
export interface HistoryView {
  readonly accepted: number;
  readonly clock: number;
  readonly sequence: readonly SequenceEntry[];
  readonly older: readonly SequenceEntry[];
  readonly hidden: readonly SequenceEntry[];
  readonly recent: readonly number[];
  readonly context: (InteractionContext & { readonly at: number }) | null;
}

export const NO_HISTORY: HistoryView = {
  accepted: 0,
  clock: 0,
  sequence: [],
  older: [],
  hidden: [],
  recent: [],
  context: null,
};

export const hashOf = (eventId: string): number =>
  Number(createHash('sha256').update(eventId).digest().readBigUInt64BE() >> 11n);

/** Undefined: it changes nothing, because its kind is ignored or its id is among the recent ones. */
export function afterInteraction(
  before: HistoryView,
  event: Interaction,
  timestamp: number,
  settings: ReducerSettings,
): HistoryView | undefined {
  const meaning = settings.kinds[event.kind] ?? settings.kinds['*'] ?? 'sequence';
  if (meaning === 'ignore' || before.recent.includes(hashOf(event.eventId))) return undefined;
  const at = Math.max(before.clock, timestamp);
  const entry = { itemId: event.itemId, at };
  const after = {
    ...before,
    clock: at,
    recent: [...before.recent, hashOf(event.eventId)].slice(-settings.recentEvents),
    context: event.context === null ? before.context : { ...event.context, at },
  };
  if (meaning === 'hide') {
    const others = before.hidden.filter(({ itemId }) => itemId !== event.itemId);
    return { ...after, hidden: [...others, entry].slice(-settings.hiddenItems) };
  }
  const sequence = [...before.sequence, entry];
  let older = before.older.filter(({ itemId }) => itemId !== event.itemId);
  if (sequence.length > settings.sequenceLength) {
    const left = sequence.shift()!;
    if (!sequence.some(({ itemId }) => itemId === left.itemId)) older = [...older, left];
  }
  const room = settings.seenItems - new Set(sequence.map(({ itemId }) => itemId)).size;
  return { ...after, accepted: before.accepted + 1, sequence, older: room > 0 ? older.slice(-room) : [] };
}

/** The history part of the state, as an erase at `erasedBefore` (0: none) leaves it. */
export function historyOf(view: HistoryView, erasedBefore: number): History {
  const isKept = ({ at }: { readonly at: number }): boolean => erasedBefore === 0 || at > erasedBefore;
  const { accepted, clock, recent, context } = view;
  return {
    accepted,
    clock,
    sequence: EntryList.of(view.sequence.filter(isKept)),
    older: EntryList.of(view.older.filter(isKept)),
    hidden: EntryList.of(view.hidden.filter(isKept)),
    recentEvents: RecentEvents.of(recent),
    context: context !== null && isKept(context) ? context : null,
  };
}
