import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventHash, hashesFromBytes, hashesToBytes, RecentEvents } from './recent-events.js';

const hashes = fc.array(fc.string().map(eventHash), { maxLength: 100 });

describe('RecentEvents', () => {
  it('are the newest of what was added, also where they branch', () => {
    const step = fc.tuple(fc.nat(), fc.string().map(eventHash));
    fc.assert(
      fc.property(fc.nat({ max: 6 }), hashes, fc.array(step, { maxLength: 60 }), (count, first, steps) => {
        const all = [{ recent: RecentEvents.of(first), list: first as readonly number[] }];
        for (const [from, hashed] of steps) {
          // Most go on with the newest one.
          const { recent, list } = (from % 3 === 0 ? all[from % all.length] : all.at(-1))!;
          const next = count === 0 ? [] : [...list, hashed].slice(-count);
          all.push({ recent: recent.with(hashed, count), list: next });
        }
        for (const { recent, list } of all) {
          expect([...recent]).toEqual(list);
          expect(recent).toHaveLength(list.length);
          for (const [, hashed] of steps) expect(recent.includes(hashed)).toBe(list.includes(hashed));
        }
      }),
    );
  });

  it('show the newest in order', () => {
    let recent = RecentEvents.NONE;
    for (let i = 0; i < 1000; i += 1) recent = recent.with(i, 64);
    expect(JSON.parse(JSON.stringify(recent))).toEqual(Array.from({ length: 64 }, (_, i) => 936 + i));
  });

  it('are 8 bytes each, and are given back', () => {
    fc.assert(
      fc.property(hashes, (list) => {
        const bytes = hashesToBytes(RecentEvents.of(list));
        expect(bytes).toHaveLength(list.length * 8);
        expect([...hashesFromBytes(bytes)]).toEqual(list);
      }),
    );
  });

  it('begin with what SHA-256 does', () => {
    const bytes = hashesToBytes(RecentEvents.of([eventHash('event-1')]));
    expect(bytes.toString('hex').slice(0, 12)).toBe('ce36863f51b6');
  });
});
