/**
 * Users by quarters: what is learned from some fits them better than others, and strengths fit those that they were
 * chosen on. A hash of the id decides, the same in every run.
 */
import { createHash } from 'node:crypto';
import { someUsers } from '../dataset/some-users.js';
import type { Split, UserSequences } from '../dataset/split.js';
import { userCount } from '../train/batches.js';

/** Users that GPTRec never saw, where the split has such; none of the test either way. */
export const unseenUsers = (split: Split): UserSequences => (split.kind === 'paper' ? split.sae : split.validation);

/** @param quarters 0 to 3 */
export function usersOf(sequences: UserSequences, quarters: readonly number[]): UserSequences {
  const all = Array.from({ length: userCount(sequences) }, (_, user) => user);
  return someUsers(
    sequences,
    all.filter((user) => quarters.includes(quarterOf(sequences.users[user] ?? ''))),
  );
}

const quarterOf = (user: string): number => (createHash('sha256').update(user).digest()[0] ?? 0) % 4;
