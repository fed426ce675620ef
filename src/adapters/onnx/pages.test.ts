import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAGE, PagePool, pagesFor, readPages, writePages } from './pages.js';

describe('pages', () => {
  it('give back what was written row by row, wherever they lie, and touch no other', () => {
    const pool = new PagePool(9 * PAGE * 4);
    const memory = new Float32Array(pool.buffer);
    const places = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8], { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(places, fc.integer({ min: 1, max: PAGE + 9 }), (order, row) => {
        memory.fill(-1);
        const pages = Int32Array.from(order);
        const rows = Math.floor((3 * PAGE) / row);
        for (let i = 0; i < rows; i += 1) writePages(memory, pages, i * row, new Float32Array(row).fill(i));
        const found = new Float32Array(2 + rows * row).fill(-2);
        readPages(memory, pages, rows * row, found, 1);
        const expected = Array.from({ length: rows * row }, (_, i) => Math.floor(i / row));
        expect(found).toEqual(Float32Array.of(-2, ...expected, -2));
        for (const page of [0, 1, 2, 3, 4, 5, 6, 7, 8])
          if (!order.includes(page))
            expect(memory.subarray(page * PAGE, (page + 1) * PAGE).every((x) => x === -1)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('are handed out once each, and again when they came back', () => {
    const pool = new PagePool(3 * PAGE * 4 + 5);
    const pages = [pool.take(), pool.take(), pool.take()];
    expect(new Set(pages)).toEqual(new Set([0, 1, 2]));
    expect([pool.take(), pool.bytes]).toEqual([undefined, 3 * PAGE * 4]);
    pool.give([1, 2]);
    expect([pool.bytes, new Set([pool.take(), pool.take()]), pool.take()]).toEqual([
      PAGE * 4,
      new Set([1, 2]),
      undefined,
    ]);
    expect([0, 1, PAGE, PAGE + 1].map(pagesFor)).toEqual([0, 1, 1, 2]);
  });

  it('say which setting is too high where the machine has no such memory', () => {
    expect(() => new PagePool(2 ** 52)).toThrow('set STEERSTREAM_CACHE_MB lower');
  });
});
