import { describe, expect, it } from 'vitest';
import { BatchRoom } from './batch-room.js';

/** What batches become when one costs so many ms. */
function settled(kind: 'step' | 'window', ms: number): number {
  const room = new BatchRoom();
  for (let batch = 0; batch < 100; batch += 1) room.took(kind, room.of(kind), room.of(kind) * ms);
  return room.of(kind);
}

describe('the room of a batch', () => {
  it('is what takes about twelve milliseconds, whatever one costs', () => {
    expect(settled('step', 0.1)).toBeCloseTo(120, -1);
    expect(settled('window', 0.01)).toBeCloseTo(1200, -2);
    expect(settled('step', 6)).toBe(2);
  });

  it('has bounds', () => {
    expect(settled('step', 0.0001)).toBe(256);
    expect(settled('window', 0.0001)).toBe(4096);
    expect(settled('step', 1000)).toBe(1);
  });

  it('does not shrink for batches that are small because little is asked for', () => {
    const room = new BatchRoom();
    for (let batch = 0; batch < 100; batch += 1) room.took('step', room.of('step'), room.of('step') * 0.1);
    const before = room.of('step');
    for (let batch = 0; batch < 20; batch += 1) room.took('step', 1, 0.4);
    expect(room.of('step')).toBeGreaterThan(before / 2);
  });
});
