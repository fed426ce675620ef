/**
 * Who does what when methods are compared: of the users that GPTRec never saw a quarter teach, a quarter choose, and half
 * of them judge beside the test users.
 */
import type { Split, UserSequences } from '../dataset/split.js';
import { casesOf, type TestCase } from '../evaluate/cases.js';
import { everyCase } from '../methods/learning-cases.js';
import { unseenUsers, usersOf } from '../methods/quarters.js';

export interface Roles {
  readonly teaching: UserSequences;
  readonly choosing: UserSequences;
  /** A case of each, and the names of their users by index. */
  readonly judging: { readonly cases: readonly TestCase[]; readonly names: readonly string[] };
}

/** @param judges at most so many judge */
export function rolesOf(split: Split, judges: number): Roles {
  const unseen = unseenUsers(split);
  const judging = [usersOf(unseen, [1]), usersOf(unseen, [3]), split.test].flatMap((sequences) =>
    casesOf(sequences).map((one) => ({ one, name: sequences.users[one.user] ?? '' })),
  );
  const some = judging.slice(0, judges);
  return {
    teaching: usersOf(unseen, [0]),
    choosing: usersOf(unseen, [2]),
    judging: { cases: some.map(({ one }, user) => ({ ...one, user })), names: some.map(({ name }) => name) },
  };
}

/** Among which those are found whose next item bears what is judged: the judged cases, or the last so many of each user. */
export const judgedWishes = ({ judging }: Roles, judgedCases: number): readonly TestCase[] =>
  judgedCases === 1 ? judging.cases : everyCase(judging.cases, judgedCases);
