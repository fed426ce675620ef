import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/terminal/user-error.js';
import { temporaryFolder } from '../../test/builders/folder.js';
import { type Accepted as Event, splitBySql } from '../../test/builders/sql-split.js';
import type { Split, SplitKind, UserSequences } from './split.js';

type Part = 'train' | 'validation' | 'sae' | 'test';

/** Each run is a database and a dozen files: fewer than usual, and more time for them. */
const RUNS = { numRuns: 20 };
const TIME_LIMIT = 120_000;

const splitOf = (kind: SplitKind, events: readonly Event[], seed = 1): Promise<Split> =>
  splitBySql(kind, events, { seed, folder: temporaryFolder() });

/** By user: its items and times. */
function histories(part: UserSequences, items: readonly string[]): Map<string, Event[]> {
  return new Map(
    part.users.map((user, u) => {
      const rows = Array.from({ length: part.offsets[u + 1]! - part.offsets[u]! }, (_, n) => part.offsets[u]! + n);
      return [user, rows.map((row): Event => [user, items[part.items[row]!]!, part.times[row]!])];
    }),
  );
}

function itemsOf(split: Split, part: Part): Map<string, Event[]> {
  return histories(split[part], split.items);
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

async function unlessTooSmall<T>(made: Promise<T>): Promise<T | undefined> {
  try {
    return await made;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** When the newest tenth of the users begins. */
function cutOf(events: readonly Event[]): number {
  const begins = [...Map.groupBy(events, ([user]) => user).values()].map((own) => own[0]![2]).sort((a, b) => a - b);
  return begins[begins.length - Math.max(1, Math.round(begins.length / 10))]!;
}

describe('paper', () => {
  it(
    'never leaks: train before the cut, test users from it on, users in one part only, one vocabulary',
    async () => {
      await fc.assert(
        fc.asyncProperty(logs, fc.integer(), async (events, seed) => {
          const split = await unlessTooSmall(splitOf('paper', events, seed));
          fc.pre(split !== undefined);
          const all = Map.groupBy(events, ([user]) => user);
          const cut = cutOf(events);
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
              const inTime = part === 'test' ? own : own.filter(([, , time]) => time < cut);
              expect(events).toEqual(inTime.filter(([, item]) => trained.has(item)));
              expect(events.length).toBeGreaterThanOrEqual(2);
              if (part === 'test') expect(own[0]![2]).toBeGreaterThanOrEqual(cut);
            }
          }
        }),
        RUNS,
      );
    },
    TIME_LIMIT,
  );

  it('has the paper’s shares, and a random part that hangs on the seed alone', async () => {
    const spread = Array.from({ length: 1000 }, (_, n): Event => [`u${Math.floor(n / 5)}`, `i${n % 7}`, n]);
    const split = await splitOf('paper', spread);
    // All begin at once: nobody has two interactions before the test begins.
    const together = spread.map(([user, item]): Event => [user, item, 1]);
    await expect(splitOf('paper', together)).rejects.toThrow(UserError);
    // 200 users: 20 test; 180 others: 108 GPT, of them 11 for validation, and 72 SAE.
    expect([split.test, split.train, split.validation, split.sae].map((part) => part.users.length)).toEqual([
      20, 97, 11, 72,
    ]);
    expect(split.test.users[0]).toBe('u180');
    // Pinned: models and figures of a seed stay comparable.
    expect(split.validation.users.slice(0, 3)).toEqual(['u9', 'u18', 'u22']);
    expect(await splitOf('paper', spread)).toEqual(split);
    expect((await splitOf('paper', spread, 2)).sae.users).not.toEqual(split.sae.users);
  });

  it('ranks users that begin at the same time in the order of the log', async () => {
    const ties = Array.from({ length: 10 }, (_, n): Event => [`u${n}`, 'i', 5]);
    const events = [...Array.from({ length: 40 }, (_, n): Event => [`old${n % 20}`, 'i', n % 3]), ...ties, ...ties];
    const inOrder = events.sort((a, b) => a[2] - b[2]);
    expect((await splitOf('paper', inOrder)).test.users).toEqual(['u7', 'u8', 'u9']);
  });

  it('orders the vocabulary by frequency, equal ones by id', async () => {
    const items = ['a', 'c', 'b', 'c', 'd'];
    const events = Array.from({ length: 500 }, (_, n): Event => [`u${Math.floor(n / 5)}`, items[n % 5]!, n]);
    expect((await splitOf('paper', events)).items).toEqual(['c', 'a', 'b', 'd']);
  });
});

describe('leave-one-out', () => {
  it(
    'holds back the last two of every user with three or more',
    async () => {
      await fc.assert(
        fc.asyncProperty(logs, async (events) => {
          const split = await unlessTooSmall(splitOf('leave-one-out', events));
          fc.pre(split !== undefined);
          const all = Map.groupBy(events, ([user]) => user);
          const trained = new Set([...itemsOf(split, 'train').values()].flatMap((e) => e.map((x) => x[1])));
          expect(new Set(split.items)).toEqual(trained);
          expect(split.sae).toEqual(split.train);
          for (const [part, leftOut] of [
            ['train', 2],
            ['validation', 1],
            ['test', 0],
          ] as const) {
            const got = itemsOf(split, part);
            for (const [user, own] of all) {
              const history = own.slice(0, own.length - leftOut);
              if (part === 'train') expect(got.get(user) ?? []).toEqual(own.length >= 4 ? history : []);
              else expect(got.get(user)).toEqual(own.length >= 3 ? withTarget(history, trained) : undefined);
            }
          }
        }),
        RUNS,
      );
    },
    TIME_LIMIT,
  );

  it('says when there is nothing to learn from', async () => {
    await expect(splitOf('leave-one-out', [['u', 'i', 1]])).rejects.toThrow(/four interactions/);
    await expect(splitOf('leave-one-out', [])).rejects.toThrow(/import some first/);
  });
});

describe('global-time', () => {
  it(
    'cuts everybody’s history at the same two moments',
    async () => {
      await fc.assert(
        fc.asyncProperty(logs, async (events) => {
          const split = await unlessTooSmall(splitOf('global-time', events));
          fc.pre(split !== undefined);
          const times = events.map(([, , time]) => time).sort((a, b) => a - b);
          const moment = (share: number): number => times[Math.floor((share * times.length) / 10)]!;
          const [validationFrom, testFrom] = [moment(8), moment(9)];
          const trained = new Set([...itemsOf(split, 'train').values()].flatMap((e) => e.map((x) => x[1])));
          expect(new Set(split.items)).toEqual(trained);
          for (const [user, own] of Map.groupBy(events, ([user]) => user)) {
            const before = (end: number): Event[] => own.filter(([, , time]) => time < end);
            const train = before(validationFrom);
            expect(itemsOf(split, 'train').get(user)).toEqual(train.length >= 2 ? train : undefined);
            for (const [part, from, to] of [
              ['validation', validationFrom, testFrom],
              ['test', testFrom, Infinity],
            ] as const) {
              const [history, earlier] = [before(to), before(from)];
              const wanted = history.length > earlier.length ? withTarget(history, trained) : undefined;
              expect(itemsOf(split, part).get(user)).toEqual(wanted);
            }
          }
        }),
        RUNS,
      );
    },
    TIME_LIMIT,
  );
});

/** A user whose target is unknown is left out: another item must not become the target. */
function withTarget(history: readonly Event[], trained: ReadonlySet<string>): Event[] | undefined {
  const target = history.at(-1);
  const kept = history.filter(([, item]) => trained.has(item));
  return target !== undefined && trained.has(target[1]) && kept.length >= 2 ? kept : undefined;
}
