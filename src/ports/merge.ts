/** Merges the two topics of a task into the order in which they are processed: a part of the contract of TaskLog. */
import type { LogRecord, Polled, Position, ReadResult } from './log.js';

/**
 * The first `max` records by (timestamp, topic, offset). Only the heads of the two stretches are compared, so a topic
 * whose timestamps go back keeps its own order. The way from a position is the same whatever `max` is, as long as each
 * stretch holds `max` records or reaches the end.
 */
export function merge(from: Position, interactions: ReadResult, profiles: ReadResult, max: number): Polled {
  const records: LogRecord[] = [];
  let i = 0;
  let p = 0;
  while (records.length < max) {
    const interaction = interactions.records[i];
    const profile = profiles.records[p];
    if (interaction && (!profile || comesFirst(interaction, profile))) {
      records.push(interaction);
      i += 1;
    } else if (profile) {
      records.push(profile);
      p += 1;
    } else break;
  }
  return {
    records,
    next: { interactions: after(from.interactions, interactions, i), profiles: after(from.profiles, profiles, p) },
    first: { interactions: interactions.first, profiles: profiles.first },
  };
}

function comesFirst(a: LogRecord, b: LogRecord): boolean {
  return a.timestamp < b.timestamp || (a.timestamp === b.timestamp && a.topic < b.topic);
}

/** The position after `taken` records: past a gap at the end where all were taken. */
function after(from: number, stretch: ReadResult, taken: number): number {
  if (taken === stretch.records.length) return stretch.next;
  const last = stretch.records[taken - 1];
  return last ? last.offset + 1 : from;
}
