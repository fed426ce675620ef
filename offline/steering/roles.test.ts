import { describe, expect, it } from 'vitest';
import { circleSplit, sequencesOf } from '../../test/builders/split.js';
import { SPLIT_KINDS, type Split, type UserSequences } from '../dataset/sequences.js';
import { casesOf } from '../evaluate/cases.js';
import { judgedWishes, rolesOf } from './roles.js';

const USERS = 60;
const LENGTH = 12;

/** Everybody's first items; or nobody. */
const of = (prefix: string, length: number): UserSequences => {
  const sequences = sequencesOf(
    Array.from({ length: USERS }, (_, u) => Array.from({ length }, (__, t) => (u + t) % 12)),
  );
  return { ...sequences, users: sequences.users.map((name) => `${prefix}${name}`) };
};

/** Only of the paper's split the users of the parts are others. */
const splitOf = (kind: Split['kind']): Split =>
  kind === 'paper'
    ? { ...circleSplit(), sae: of('sae ', LENGTH), test: of('test ', LENGTH) }
    : { ...circleSplit(), kind, validation: of('', LENGTH - 1), sae: of('', LENGTH - 2), test: of('', LENGTH) };

describe.each(SPLIT_KINDS)('the roles of %s', (kind) => {
  const split = splitOf(kind);
  const roles = rolesOf(split, 1000, 1);
  const { teaching, choosing, judging } = roles;

  it('are nobody’s twice', () => {
    const all = [...teaching.users, ...choosing.users, ...judging.names];
    expect(new Set(all).size).toBe(all.length);
    for (const users of [teaching.users, choosing.users, judging.names]) expect(users.length).toBeGreaterThan(5);
  });

  it('judge by what GPTRec was not trained on', () => {
    const wishes = judgedWishes(roles, 4);
    const each = Map.groupBy(wishes, ({ user }) => user);
    expect(each.size).toBe(judging.cases.length);
    for (const cases of each.values()) expect(cases).toHaveLength(kind === 'paper' ? 4 : 1);
  });

  it('leave test users to judge where few judge, and draw the others by the seed', () => {
    const few = rolesOf(split, 10, 1).judging;
    expect(few.names).toHaveLength(10);
    expect(few.names.every((name) => split.test.users.includes(name))).toBe(true);
    expect(few.names).toEqual(rolesOf(split, 10, 1).judging.names);
    expect(few.names).not.toEqual(rolesOf(split, 10, 2).judging.names);
    expect(few.cases.map(({ user }) => user)).toEqual([...few.cases.keys()]);
    const more = rolesOf(split, judging.names.length - 1, 1).judging.names;
    const tests = casesOf(split.test).map(({ user }) => split.test.users[user]!);
    if (kind === 'paper') expect(tests.filter((name) => !more.includes(name))).toEqual([]);
  });
});
