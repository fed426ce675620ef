import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntryList, type SequenceEntry } from './entry-list.js';

const item = fc.nat({ max: 60 }).map((n) => `i${n}`);
const step = fc.oneof(
  { weight: 6, arbitrary: item.map((id) => ({ act: 'with', id }) as const) },
  { weight: 3, arbitrary: item.map((id) => ({ act: 'without', id }) as const) },
  { weight: 1, arbitrary: fc.nat({ max: 120 }).map((count) => ({ act: 'newest', count }) as const) },
  { weight: 1, arbitrary: fc.nat({ max: 300 }).map((time) => ({ act: 'after', time }) as const) },
);

/** What an array would be. */
function applied(
  entries: readonly SequenceEntry[],
  one: typeof step extends fc.Arbitrary<infer S> ? S : never,
  at: number,
) {
  switch (one.act) {
    case 'with':
      return [...entries, { itemId: one.id, at }];
    case 'without': {
      const index = entries.findLastIndex(({ itemId }) => itemId === one.id);
      return index === -1 ? entries : entries.toSpliced(index, 1);
    }
    case 'newest':
      return one.count === 0 ? [] : entries.slice(-one.count);
    case 'after':
      return entries.filter((entry) => entry.at > one.time);
  }
}

function appliedTo(list: EntryList, one: Parameters<typeof applied>[1], at: number): EntryList {
  switch (one.act) {
    case 'with':
      return list.with({ itemId: one.id, at });
    case 'without':
      return list.without(one.id);
    case 'newest':
      return list.newest(one.count);
    case 'after':
      return list.after(one.time);
  }
}

describe('EntryList', () => {
  it('holds what an array would, whatever is done to it, and leaves earlier lists alone', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        let list = EntryList.EMPTY;
        let entries: readonly SequenceEntry[] = [];
        const before: { list: EntryList; entries: readonly SequenceEntry[] }[] = [];
        for (const [at, one] of steps.entries()) {
          list = appliedTo(list, one, at);
          entries = applied(entries, one, at);
          if (at % 50 === 0) before.push({ list, entries });
        }
        for (const then of [...before, { list, entries }]) {
          expect([...then.list]).toEqual(then.entries);
          expect(then.list).toHaveLength(then.entries.length);
        }
        expect(list.first).toEqual(entries[0]);
        expect(list.distinct).toBe(new Set(entries.map(({ itemId }) => itemId)).size);
        for (const id of ['i0', 'i7', 'i60']) expect(list.has(id)).toBe(entries.some(({ itemId }) => itemId === id));
      }),
      { numRuns: 200 },
    );
  });

  it('knows what it has, also where lists branch, however often each is searched', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.array(fc.tuple(fc.nat(), step, fc.nat({ max: 8 })), { maxLength: 80 }),
        (steps, branches) => {
          const lists = [{ list: EntryList.EMPTY, entries: [] as readonly SequenceEntry[] }];
          for (const [at, one] of steps.entries()) {
            const { list, entries } = lists.at(-1)!;
            lists.push({ list: appliedTo(list, one, at), entries: applied(entries, one, at) });
          }
          for (const [from, one, searches] of branches) {
            const { list, entries } = lists[from % lists.length]!;
            for (let i = 0; i < searches; i += 1) list.has('nothing');
            lists.push({ list: appliedTo(list, one, 400), entries: applied(entries, one, 400) });
          }
          for (const { list, entries } of lists) {
            expect([...list]).toEqual(entries);
            for (let n = 0; n <= 60; n += 5) {
              expect(list.has(`i${n}`)).toBe(entries.some(({ itemId }) => itemId === `i${n}`));
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('has no empty piece, and few small ones', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const list = steps.reduce((made, one, at) => appliedTo(made, one, at), EntryList.EMPTY);
        for (const { from, to } of list.stretches) expect(to - from).toBeGreaterThan(0);
        expect(list.stretches.length).toBeLessThanOrEqual(2 + list.length / 4);
      }),
    );
  });

  it('is the same list where nothing changes', () => {
    const list = EntryList.of([{ itemId: 'a', at: 5 }]);
    expect(list.without('b')).toBe(list);
    expect(list.newest(1)).toBe(list);
    expect(list.after(4)).toBe(list);
    expect(list.after(5)).toHaveLength(0);
  });

  it('shares its pieces with the list before it: an event copies no entry, and begins a piece once in 32', () => {
    let list = EntryList.of(Array.from({ length: 200 }, (_, at) => ({ itemId: `i${at}`, at })));
    let begun = 0;
    for (let at = 200; at < 600; at += 1) {
      const { list: next } = list.rolled({ itemId: `i${at}`, at }, 200);
      const before = new Set(list.stretches.map(({ piece }) => piece));
      begun += next.stretches.filter(({ piece }) => !before.has(piece)).length;
      list = next;
    }
    expect(begun).toBeLessThanOrEqual(Math.ceil(400 / 32));
  });

  it('rolls as an array would, and knows what is new and what is gone', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 400 }), fc.integer({ min: 1, max: 70 }), (items, count) => {
        let list = EntryList.EMPTY;
        let entries: readonly SequenceEntry[] = [];
        for (const [at, itemId] of items.entries()) {
          const before = entries;
          const rolled = list.rolled({ itemId, at }, count);
          entries = [...before, { itemId, at }].slice(-count);
          const [left] = before.length === count ? before : [];
          expect(rolled.isNew).toBe(!before.some((entry) => entry.itemId === itemId));
          expect(rolled.gone).toEqual(entries.some((entry) => entry.itemId === left?.itemId) ? undefined : left);
          expect([...rolled.list]).toEqual(entries);
          // Half of the time as a state that was read anew: nobody counted its repeats yet.
          list = at % 90 < 45 ? rolled.list : EntryList.of(rolled.list);
        }
        expect(list.distinct).toBe(new Set(entries.map(({ itemId }) => itemId)).size);
      }),
    );
  });

  it('is equal to a list with the same entries in other pieces, and to no other', () => {
    const entries = Array.from({ length: 40 }, (_, at) => ({ itemId: `i${at}`, at }));
    const [made, grown] = [EntryList.of(entries), EntryList.of(entries.slice(3)).newest(30)];
    expect(made.newest(30)).toEqual(grown);
    expect(made.newest(29)).not.toEqual(grown);
    expect(JSON.parse(JSON.stringify(grown))).toEqual(entries.slice(10));
  });
});
