/**
 * Who does what when methods are compared: of the users that GPTRec never saw a quarter teach, a quarter choose, and half
 * of them judge beside the test users.
 */
import type { Split, UserSequences } from '../dataset/split.js';
import { casesOf, type TestCase } from '../evaluate/cases.js';
import { unseenUsers, usersOf } from '../methods/quarters.js';

export interface Roles {
  readonly teaching: UserSequences;
  readonly choosing: UserSequences;
  /** Cases, and the user of each. */
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
    judging: { cases: some.map(({ one }) => one), names: some.map(({ name }) => name) },
  };
}
