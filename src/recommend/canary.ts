/**
 * Who is served what: a user's checkpoint is the newest that is for a share of the users in which the user is. It is a
 * function of the user's id and of what was published. Publications are never changed and never taken back, so for one
 * user it never goes back, whatever the shares are and whoever asks.
 *
 * What follows from it: a candidate is promoted by publishing its content for everybody under the next number, and
 * withdrawn by publishing that of the others so. A smaller share than that of a candidate before it leaves those between
 * the two where they are.
 */
import { hash } from 'node:crypto';
import { type Publication, WHOLE_SHARE } from '../ports/checkpoint-store.js';

/** A user's place among the percents, 0 to 99. Other than the partition's hash: each partition has users of every place. */
export function placeOf(userId: string): number {
  return Number.parseInt(hash('sha256', `canary:${userId}`).slice(0, 12), 16) % WHOLE_SHARE;
}

/** Whether a publication with this share is for the user. */
export const isIn = (userId: string, share: number): boolean => share === WHOLE_SHARE || placeOf(userId) < share;

/**
 * The publications that any user is served, by descending number and rising share; empty where none is for everybody.
 * @param newest by descending number
 */
export function ladderOf<P extends Publication>(newest: readonly P[]): readonly P[] {
  const ladder: P[] = [];
  for (const one of newest) {
    if (one.share <= (ladder.at(-1)?.share ?? 0)) continue;
    ladder.push(one);
    if (one.share === WHOLE_SHARE) return ladder;
  }
  return [];
}
