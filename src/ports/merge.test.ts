import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogRecord, Polled, Position, ReadResult } from './log.js';
import { merge } from './merge.js';

/** A partition of a topic: its times in log order, with gaps between offsets. */
function partition(topic: string, times: readonly number[]): readonly LogRecord[] {
  return times.map((timestamp, index) => ({
    topic,
    partition: 0,
    offset: index * 2,
    timestamp,
    key: null,
    value: null,
  }));
}

function stretch(records: readonly LogRecord[], from: number, max: number): ReadResult {
  const end = records.length * 2 + 5;
  const found = records.filter(({ offset }) => offset >= from).slice(0, max);
  const last = found.at(-1);
  return { records: found, next: found.length < max || !last ? Math.max(from, end) : last.offset + 1, first: 0 };
}

describe('merge', () => {
  const times = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 15 });

  it('goes the same way in portions of any size, each topic in its own order', () => {
    fc.assert(
      fc.property(times, times, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }), (i, p, sizes) => {
        const interactions = partition('i', i);
        const profiles = partition('p', p);
        const poll = (from: Position, max: number): Polled =>
          merge(from, stretch(interactions, from.interactions, max), stretch(profiles, from.profiles, max), max);
        const whole = poll({ interactions: 0, profiles: 0 }, 100);
        const merged: LogRecord[] = [];
        let position: Position = { interactions: 0, profiles: 0 };
        for (let turn = 0; merged.length < i.length + p.length; turn += 1) {
          const polled = poll(position, sizes[turn % sizes.length] ?? 1);
          merged.push(...polled.records);
          position = polled.next;
        }
        expect(merged).toEqual(whole.records);
        expect(merged.filter(({ topic }) => topic === 'i')).toEqual(interactions);
        expect(merged.filter(({ topic }) => topic === 'p')).toEqual(profiles);
      }),
    );
  });

  it('takes the earlier of the two heads, by topic where they are as early', () => {
    const interactions = { records: partition('i', [5, 1]), next: 9, first: 0 };
    const profiles = { records: partition('p', [4, 5, 1]), next: 9, first: 0 };
    const { records, next } = merge({ interactions: 0, profiles: 0 }, interactions, profiles, 10);
    expect(records.map(({ topic, timestamp }) => `${topic}${timestamp}`)).toEqual(['p4', 'i5', 'i1', 'p5', 'p1']);
    expect(next).toEqual({ interactions: 9, profiles: 9 });
  });
});
