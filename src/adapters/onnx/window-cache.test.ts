/** The index by itself: where what is kept lies, and that it stays within its bound. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CacheMemory } from './cache-memory.js';
import { WindowCache, type Plan, type Work } from './window-cache.js';
import { PAGE } from './pages.js';
import { PastLayout } from './past-layout.js';
import { keysOf } from './window-keys.js';

const PAGE_BYTES = PAGE * 4;
/** A position fills half a page. */
const LAYOUT = new PastLayout({ layers: 1, width: PAGE / 2 });

function made(pages: number, keys = keysOf) {
  const memory = new CacheMemory(pages * PAGE_BYTES);
  const cache = new WindowCache(memory, LAYOUT, keys);
  const plan = (...items: number[]): Plan => cache.plan(Int32Array.from(items));
  const work = (...items: number[]): Work => {
    const planned = plan(...items);
    if (planned.kind === 'wait') throw new Error('it has to wait');
    return planned;
  };
  const finish = (one: Work): void => cache.done(one, cache.allot(one));
  /** How a window is found; it is finished then. */
  const found = (...items: number[]): string => {
    const one = work(...items);
    finish(one);
    return one.kind === 'window' ? 'none' : one.isNew ? 'longer' : 'same';
  };
  return { memory, cache, plan, work, finish, found };
}

describe('the index of what is kept of windows', () => {
  it('finds a window that was there, and one that is an item longer; not one that is otherwise', () => {
    const { found, cache } = made(20);
    expect([found(1, 2), found(1, 2), found(1, 2, 3), found(1, 2, 3)]).toEqual(['none', 'same', 'longer', 'same']);
    // It became the longer one.
    expect([found(1, 2), found(2, 1, 3), found(1, 2, 3, 4, 5), found(4, 2, 3)]).toEqual(Array(4).fill('none'));
    expect(cache.size).toBe(5);
  });

  it('takes no window for another whose hash is the same, and keeps one of them', () => {
    const { found, cache, memory } = made(20, () => ({ whole: 7, prefix: 7 }));
    expect([found(1, 2), found(3, 4), found(3, 4), found(1, 2), found(1, 2, 3), found(9, 9, 9, 9)]).toEqual([
      'none',
      'none',
      'same',
      'none',
      'longer',
      'none',
    ]);
    expect([cache.size, memory.bytes]).toEqual([1, 2 * PAGE_BYTES]);
  });

  it('takes a page when the pages before are full, for windows of any length what they need', () => {
    const { found, memory } = made(20);
    const items: number[] = [];
    for (const item of [1, 2, 3, 4, 5]) {
      items.push(item);
      found(...items);
      expect(memory.bytes).toBe(Math.ceil(items.length / 2) * PAGE_BYTES);
    }
  });

  it('has whoever comes while it is computed wait, and woken when it is there', () => {
    const { work, plan, finish } = made(20);
    const first = work(1, 2);
    const waits = [plan(1, 2), plan(1, 2, 3)];
    expect(waits.map(({ kind, entry }) => [kind, entry === first.entry])).toEqual([
      ['wait', true],
      ['wait', true],
    ]);
    let woken = 0;
    for (const { entry } of waits) entry.waiting.push(() => (woken += 1));
    finish(first);
    expect(woken).toBe(2);
  });

  it('has a window wait that follows one which waits itself', () => {
    const { cache, work, plan, finish } = made(20);
    const first = work(1);
    const second = plan(1, 2);
    const third = plan(1, 2, 3);
    if (second.kind !== 'wait' || third.kind !== 'wait') throw new Error('they do not wait');
    expect(third.entry).toBe(second.coming);
    let isThirdWoken = false;
    third.entry.waiting.push(() => (isThirdWoken = true));
    finish(first);
    const again = cache.plan(Int32Array.of(1, 2), second.coming);
    expect([again.kind, isThirdWoken]).toEqual(['step', false]);
    finish(again as Work);
    expect([isThirdWoken, cache.plan(Int32Array.of(1, 2, 3), third.coming).kind]).toEqual([true, 'step']);
  });

  it('keeps what is promised, though the memory is full, and lets the least recently used of the others go', () => {
    const { work, finish, found, cache } = made(2);
    const promised = work(1);
    finish(promised);
    const same = work(1);
    expect(found(2)).toBe('none');
    expect([found(3), found(1)]).toEqual(['none', 'same']);
    expect(found(2)).toBe('none');
    finish(same);
    const [a, b, c] = [work(7), work(8), work(9)];
    expect([a, b, c].map((one) => cache.allot(one))).toEqual([true, true, false]);
    cache.done(a, true);
    cache.done(b, true);
    cache.done(c, false);
    expect([found(7), found(8), found(9)]).toEqual(['same', 'same', 'none']);
  });

  it('forgets what failed, and gives its memory back when the last promise is kept', () => {
    const { work, finish, found, cache, memory } = made(4);
    found(1);
    const same = work(1);
    const longer = work(1, 2);
    cache.failed(longer);
    expect([memory.bytes, cache.size]).toEqual([PAGE_BYTES, 0]);
    finish(same);
    expect(memory.bytes).toBe(0);
    expect([found(1, 2), memory.bytes]).toEqual(['none', PAGE_BYTES]);
    cache.clear();
    expect([cache.size, memory.bytes]).toEqual([0, 0]);
  });

  it('is never over its bound, hands no page out twice, and says of no window what is not so', () => {
    const act = fc.record({
      items: fc.array(fc.nat(2), { minLength: 1, maxLength: 5 }),
      ends: fc.constantFrom('done', 'failed', 'later'),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 80 }), fc.nat(6), (acts, pages) => {
        const { cache, memory } = made(pages);
        const open: { work: Work; isKept: boolean }[] = [];
        for (const { items, ends } of acts) {
          const plan = cache.plan(Int32Array.from(items));
          if (plan.kind === 'wait') {
            cache.abandon(plan.coming);
            continue;
          }
          const isKept = cache.allot(plan);
          if (plan.kind === 'step')
            expect(plan.entry.pages.length).toBeGreaterThanOrEqual(Math.ceil((items.length - 1) / 2));
          if (isKept) expect(plan.entry.pages.length).toBeGreaterThanOrEqual(Math.ceil(items.length / 2));
          if (ends === 'done') cache.done(plan, isKept);
          else if (ends === 'failed') cache.failed(plan);
          else open.push({ work: plan, isKept });
          const used = [...new Set(open.map(({ work: { entry } }) => entry))].flatMap((entry) => entry.pages);
          expect(new Set(used).size).toBe(used.length);
          expect(memory.bytes).toBeLessThanOrEqual(pages * PAGE_BYTES);
        }
        for (const { work, isKept } of open) cache.done(work, isKept);
        cache.clear();
        expect([memory.bytes, cache.size]).toEqual([0, 0]);
      }),
      { numRuns: 300 },
    );
  });
});
