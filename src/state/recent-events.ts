/** Recent event ids, as hashes: enough to know a repeat, and nothing that names what was erased. */
import { hash } from 'node:crypto';

/** First 64 bits of the SHA-256 of an event id, in hex. */
export function eventHash(eventId: string): string {
  return hash('sha256', eventId, 'hex').slice(0, 16);
}

/** The last `count` of a list; the list itself where it is short enough. */
export function newest<T>(list: readonly T[], count: number): readonly T[] {
  if (list.length <= count) return list;
  return count <= 0 ? [] : list.slice(list.length - count);
}

/** The hashes with one more, the newest `count` of them. */
export function withRecent(recent: readonly string[], hashed: string, count: number): readonly string[] {
  return newest([...recent, hashed], count);
}
