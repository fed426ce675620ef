/**
 * Who does what when methods are compared: of the users that GPTRec never saw a quarter teach, a quarter choose, and half
 * of them judge beside the test users. Where the split has no such users the test's are the same people, and only those
 * of them judge who neither teach nor choose.
 */
import type { Split, UserSequences } from '../dataset/split.js';
import { casesOf, type TestCase } from '../evaluate/cases.js';
import { hasUnseen, recentCases, unseenUsers, usersOf } from '../methods/quarters.js';
import { createRandom } from '../random.js';

export interface Roles {
  /** GPTRec saw none of them. */
  readonly isUnseen: boolean;
  readonly teaching: UserSequences;
  readonly choosing: UserSequences;
  /** A case of each, and the names of their users by index. */
  readonly judging: { readonly cases: readonly TestCase[]; readonly names: readonly string[] };
}

const JUDGES = [1, 3];

/** @param judges at most so many judge: the test users first, others drawn by the seed */
export function rolesOf(split: Split, judges: number, seed: number): Roles {
  const isUnseen = hasUnseen(split);
  const unseen = unseenUsers(split);
  const test = drawn(namedCases(isUnseen ? split.test : usersOf(split.test, JUDGES)), judges, seed);
  const others = isUnseen ? namedCases(usersOf(unseen, JUDGES)) : [];
  const judging = [...drawn(others, judges - test.length, seed), ...test];
  return {
    isUnseen,
    teaching: usersOf(unseen, [0]),
    choosing: usersOf(unseen, [2]),
    judging: { cases: judging.map(({ one }, user) => ({ ...one, user })), names: judging.map(({ name }) => name) },
  };
}

/** Among which those are found whose next item bears what is judged: the judged cases, or the last so many of each user. */
export const judgedWishes = ({ isUnseen, judging }: Roles, judgedCases: number): readonly TestCase[] =>
  judgedCases === 1 ? judging.cases : recentCases(isUnseen, judging.cases, judgedCases);

interface Named {
  readonly one: TestCase;
  readonly name: string;
}

const namedCases = (sequences: UserSequences): Named[] =>
  casesOf(sequences).map((one) => ({ one, name: sequences.users[one.user] ?? '' }));

/** All in their order where they are few enough: users come by their first time, and the first are not like the others. */
function drawn(cases: readonly Named[], most: number, seed: number): readonly Named[] {
  if (cases.length <= most) return cases;
  const order = createRandom(seed).shuffle(Int32Array.from(cases, (_, i) => i));
  return Array.from(order.subarray(0, Math.max(0, most))).flatMap((i) => cases[i] ?? []);
}
