import { describe, expect, it } from 'vitest';
import { PAGE, PagePool } from './pages.js';

describe('pages', () => {
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
  });

  it('say which setting is too high where the machine has no such memory', () => {
    expect(() => new PagePool(2 ** 52)).toThrow('set STEERSTREAM_CACHE_MB lower');
  });
});
