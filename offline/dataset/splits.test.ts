import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/terminal/user-error.js';
import { AcceptedInteractions, type NumberedSequences } from './accepted.js';
import { leaveOneOut } from './leave-one-out.js';
import { paperSplit } from './paper-split.js';
import type { SplitParts, UserSequences } from './sequences.js';

type Event = readonly [user: string, item: string, time: number];

function sequencesOf(events: readonly Event[]): NumberedSequences {
  const accepted = new AcceptedInteractions();
  for (const [user, item, time] of events) accepted.add(user, item, time);
  return accepted.byUser();
}

/** By user: its items and times. */
function histories(part: UserSequences, items: readonly string[]): Map<string, Event[]> {
  return new Map(
    part.users.map((user, u) => {
      const rows = Array.from({ length: part.offsets[u + 1]! - part.offsets[u]! }, (_, n) => part.offsets[u]! + n);
      return [user, rows.map((row): Event => [user, items[part.items[row]!]!, part.times[row]!])];
    }),
  );
}

function itemsOf(parts: SplitParts, part: 'train' | 'validation' | 'sae' | 'test'): Map<string, Event[]> {
  return histories(parts[part], parts.items);
}

/** Logs of 20 to 60 users, times never decreasing for one user. */
const logs: fc.Arbitrary<Event[]> = fc
  .array(
    fc.record({
      begin: fc.integer({ min: 0, max: 50 }),
      gaps: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 12 }),
      items: fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 12, maxLength: 12 }),
    }),
    { minLength: 20, maxLength: 60 },
  )
  .map((users) =>
    users
      .flatMap(({ begin, gaps, items }, u) => {
        let time = begin;
        return gaps.map((gap, n): Event => [`u${u}`, `i${items[n]}`, (time += n === 0 ? 0 : gap)]);
      })
      .sort((a, b) => a[2] - b[2]),
  );

function unlessTooSmall<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

describe('paperSplit', () => {
  it('never leaks: train before the cut, test users from it on, users in one part only, one vocabulary', () => {
    fc.assert(
      fc.property(logs, fc.integer(), (events, seed) => {
        const split = unlessTooSmall(() => paperSplit(sequencesOf(events), seed));
        fc.pre(split !== undefined);
        const all = Map.groupBy(events, ([user]) => user);
        const parts = ['train', 'validation', 'sae', 'test'] as const;
        const users = parts.flatMap((part) => split[part].users);
        expect(new Set(users).size).toBe(users.length);
        const trained = new Set(
          [...itemsOf(split, 'train'), ...itemsOf(split, 'validation')].flatMap(([, e]) => e.map((x) => x[1])),
        );
        expect(new Set(split.items)).toEqual(trained);
        for (const part of parts) {
          for (const [user, events] of itemsOf(split, part)) {
            const own = all.get(user)!;
            const inTime = part === 'test' ? own : own.filter(([, , time]) => time < split.cut);
            expect(events).toEqual(inTime.filter(([, item]) => trained.has(item)));
            expect(events.length).toBeGreaterThanOrEqual(2);
            if (part === 'test') expect(own[0]![2]).toBeGreaterThanOrEqual(split.cut);
          }
        }
      }),
    );
  });

  it('has the paper’s shares, and a random part that hangs on the seed alone', () => {
    const spread = Array.from({ length: 1000 }, (_, n): Event => [`u${Math.floor(n / 5)}`, `i${n % 7}`, n]);
    const split = paperSplit(sequencesOf(spread), 1);
    expect(split.cut).toBe(900);
    // All begin at once: nobody has two interactions before the test begins.
    const together = spread.map(([user, item]): Event => [user, item, 1]);
    expect(() => paperSplit(sequencesOf(together), 1)).toThrow(UserError);
    // 200 users: 20 test; 180 others: 108 GPT, of them 11 for validation, and 72 SAE.
    expect([split.test, split.train, split.validation, split.sae].map((part) => part.users.length)).toEqual([
      20, 97, 11, 72,
    ]);
    expect(split.test.users[0]).toBe('u180');
    expect(paperSplit(sequencesOf(spread), 1)).toEqual(split);
    expect(paperSplit(sequencesOf(spread), 2).sae.users).not.toEqual(split.sae.users);
  });

  it('ranks users that begin at the same time in the order of the log', () => {
    const ties = Array.from({ length: 10 }, (_, n): Event => [`u${n}`, 'i', 5]);
    const events = [...Array.from({ length: 40 }, (_, n): Event => [`old${n % 20}`, 'i', n % 3]), ...ties, ...ties];
    expect(paperSplit(sequencesOf(events), 1).test.users).toEqual(['u7', 'u8', 'u9']);
  });

  it('orders the vocabulary by frequency, equal ones by id', () => {
    const items = ['a', 'c', 'b', 'c', 'd'];
    const events = Array.from({ length: 500 }, (_, n): Event => [`u${Math.floor(n / 5)}`, items[n % 5]!, n]);
    expect(paperSplit(sequencesOf(events), 1).items).toEqual(['c', 'a', 'b', 'd']);
  });
});

describe('leaveOneOut', () => {
  it('holds back the last two of every user with three or more', () => {
    fc.assert(
      fc.property(logs, (events) => {
        const split = unlessTooSmall(() => leaveOneOut(sequencesOf(events)));
        fc.pre(split !== undefined);
        const all = Map.groupBy(events, ([user]) => user);
        const trained = new Set([...itemsOf(split, 'train').values()].flatMap((e) => e.map((x) => x[1])));
        expect(new Set(split.items)).toEqual(trained);
        expect(split.sae).toBe(split.train);
        const known = ([, item]: Event): boolean => trained.has(item);
        for (const [part, leftOut] of [
          ['train', 2],
          ['validation', 1],
          ['test', 0],
        ] as const) {
          const got = itemsOf(split, part);
          for (const [user, own] of all) {
            const history = own.slice(0, own.length - leftOut);
            const target = history.at(-1);
            const kept = history.filter(known);
            const wanted = own.length >= 3 && target !== undefined && known(target) && kept.length >= 2;
            // A user whose target is unknown is left out: another item must not become the target.
            if (part === 'train') expect(got.get(user) ?? []).toEqual(own.length >= 4 ? history : []);
            else expect(got.get(user)).toEqual(wanted ? kept : undefined);
          }
        }
      }),
    );
  });

  it('says when there is nothing to learn from', () => {
    expect(() => leaveOneOut(sequencesOf([['u', 'i', 1]]))).toThrow(UserError);
  });
});
