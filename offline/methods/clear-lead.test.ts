import { describe, expect, it } from 'vitest';
import { leadsClearly } from './clear-lead.js';

/** One wish of each user, by a lead of some of them. */
const leads = (users: number, lead: (user: number) => number): boolean => {
  const wishers = Array.from({ length: users }, (_, user) => user);
  return leadsClearly(wishers, { own: wishers.map((user) => 0.3 + lead(user)), reRanked: wishers.map(() => 0.3) });
};

describe('a clear lead', () => {
  it('is one of many users, not of a handful who all gain, nor of a few who gain much', () => {
    expect(leads(40, (user) => (user % 2 === 0 ? 0.05 : 0))).toBe(true);
    expect(leads(9, () => 0.05)).toBe(false);
    expect(leads(40, (user) => (user < 2 ? 0.7 : 0))).toBe(false);
    expect(leads(40, (user) => (user % 2 === 0 ? 0.05 : -0.05))).toBe(false);
    expect(leads(0, () => 0)).toBe(false);
  });

  it('counts a user once, however many wishes the user has', () => {
    const wishers = Array.from({ length: 40 }, (_, wish) => (wish < 20 ? wish : 99));
    const own = wishers.map((user) => (user === 99 ? 0.6 : 0.3));
    expect(leadsClearly(wishers, { own, reRanked: wishers.map(() => 0.3) })).toBe(false);
  });
});
