/** Positions of a task: the next offsets of its two topics; and how one goes on. */
import { Unavailable } from '../ports/errors.js';
import type { Position, ReadResult } from '../ports/log.js';

/** The position of a task of which nothing was read. */
export const START: Position = { interactions: 0, profiles: 0 };

export function samePosition(a: Position, b: Position): boolean {
  return a.interactions === b.interactions && a.profiles === b.profiles;
}

/** For messages: `interactions 12, profiles 3`. */
export function describePosition(position: Position): string {
  return `interactions ${position.interactions}, profiles ${position.profiles}`;
}

/**
 * The offset after a chunk that was read before the end of a partition. What lies before the end is there to be read: a
 * log that shows nothing of it for a moment, as a new leader may, has no gap there, and whoever jumped over it would
 * lose records for good. Only what the log says is gone, before `first`, is passed.
 * @throws Unavailable
 */
export function offsetAfter(chunk: Pick<ReadResult, 'next' | 'first'>, from: number, where: string): number {
  const next = Math.max(chunk.next, chunk.first);
  if (next > from) return next;
  throw new Unavailable(`${where} shows nothing at ${from} yet, which lies before its end: try again`);
}
