/**
 * Users by quarters: what is learned from some fits them better than others, and strengths fit those that they were
 * chosen on. A hash of the id decides, the same in every run.
 */
import { createHash } from 'node:crypto';
import { someUsers } from '../dataset/some-users.js';
import type { Split, UserSequences } from '../dataset/split.js';
import type { TestCase } from '../evaluate/cases.js';
import { userCount } from '../train/batches.js';
import { everyCase } from './learning-cases.js';

/** Whether the split has users that GPTRec never saw, who are not the test's. */
export const hasUnseen = (split: Pick<Split, 'kind'>): boolean => split.kind === 'paper';

/** Those users; elsewhere everybody with the validation's item as the target: the same people as the test's, one item before. */
export const unseenUsers = (split: Split): UserSequences => (hasUnseen(split) ? split.sae : split.validation);

/** The last `most` cases of each user to measure on; of users that GPTRec was trained on the target alone, which it was not. */
export const recentCases = (isUnseen: boolean, cases: readonly TestCase[], most: number): TestCase[] =>
  everyCase(cases, isUnseen ? most : 1);

/** @param quarters 0 to 3 */
export function usersOf(sequences: UserSequences, quarters: readonly number[]): UserSequences {
  const all = Array.from({ length: userCount(sequences) }, (_, user) => user);
  return someUsers(
    sequences,
    all.filter((user) => quarters.includes(quarterOf(sequences.users[user] ?? ''))),
  );
}

const quarterOf = (user: string): number => (createHash('sha256').update(user).digest()[0] ?? 0) % 4;
