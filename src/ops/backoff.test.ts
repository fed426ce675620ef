import { describe, expect, it } from 'vitest';
import { Backoff, pause } from './backoff.js';

describe('Backoff', () => {
  it('doubles up to its bound, and begins anew after a success', () => {
    const backoff = new Backoff({ firstMs: 100, longestMs: 500 });
    expect([1, 2, 3, 4, 5].map(() => backoff.next(false))).toEqual([100, 200, 400, 500, 500]);
    backoff.reset();
    expect([1, 2, 3].map(() => backoff.next(true))).toEqual([0, 200, 400]);
  });
});

describe('pause', () => {
  it('ends when told to', async () => {
    const stop = new AbortController();
    const pausing = pause(1e9, stop.signal);
    stop.abort();
    await pausing;
    await pause(1e9, stop.signal);
  });
});
