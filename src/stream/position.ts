/** Positions of a task: the next offsets of its two topics. */
import type { Position } from '../ports/log.js';

/** The position of a task of which nothing was read. */
export const START: Position = { interactions: 0, profiles: 0 };

export function samePosition(a: Position, b: Position): boolean {
  return a.interactions === b.interactions && a.profiles === b.profiles;
}

/** For messages: `interactions 12, profiles 3`. */
export function describePosition(position: Position): string {
  return `interactions ${position.interactions}, profiles ${position.profiles}`;
}
