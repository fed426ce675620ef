import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Urgency } from '../../ports/engine.js';
import { FairQueue, type Kind, type Waiting } from './fair-queue.js';

interface Named extends Waiting {
  readonly name: string;
}

let clock = 0;
const one = (urgency: Urgency, kind: Kind, name = '', positions = kind === 'step' ? 1 : 4): Named => ({
  urgency,
  kind,
  name,
  positions,
  since: (clock += 1),
});
const names = (batch: readonly Named[]): string => batch.map(({ name }) => name).join('');

function queueOf(...waiting: Named[]): FairQueue<Named> {
  const queue = new FairQueue<Named>();
  for (const each of waiting) queue.push(each);
  return queue;
}

describe('the fair queue', () => {
  it('puts somebody who waits before the stream, into the next batch', () => {
    const stream = Array.from({ length: 500 }, () => one('stream', 'step', 's'));
    const queue = queueOf(...stream, one('interactive', 'step', 'i'));
    expect(names(queue.next(() => 8))).toBe('isssssss');
    expect([queue.count('interactive'), queue.count('stream'), queue.countOf('step')]).toEqual([0, 493, 493]);
  });

  it('leaves the stream half of a batch where many wait interactively, and all of it to these where no stream waits', () => {
    const many = Array.from({ length: 9 }, () => one('interactive', 'step', 'i'));
    const queue = queueOf(...many, one('stream', 'step', 's'), one('stream', 'step', 's'));
    expect(names(queue.next(() => 6))).toBe('iiissi');
    expect(names(queue.next(() => 6))).toBe('iiiii');
    expect(queue.next(() => 6)).toEqual([]);
  });

  it('lets them lead in turn where they want batches of different kinds', () => {
    const steps = Array.from({ length: 4 }, () => one('interactive', 'step', 'i'));
    const whole = Array.from({ length: 2 }, () => one('stream', 'window', 'w'));
    const queue = queueOf(...steps, ...whole);
    const batches = Array.from({ length: 4 }, () => names(queue.next((kind) => (kind === 'step' ? 2 : 4))));
    expect(batches).toEqual(['ii', 'w', 'ii', 'w']);
  });

  it('counts whole windows by their positions with padding, and takes one at least', () => {
    const queue = queueOf(
      one('stream', 'window', 'a', 2),
      one('stream', 'window', 'b', 3),
      one('stream', 'window', 'c', 9),
      one('stream', 'window', 'd', 1),
    );
    expect([1, 2, 3].map(() => names(queue.next(() => 8)))).toEqual(['ab', 'c', 'd']);
  });

  it('loses nothing, keeps the order of each, and makes nobody wait for more than two batches of others', () => {
    const waiting = fc.array(
      fc.record({
        urgency: fc.constantFrom<Urgency[]>('interactive', 'stream'),
        kind: fc.constantFrom<Kind[]>('step', 'window'),
        positions: fc.integer({ min: 1, max: 9 }),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(waiting, fc.integer({ min: 1, max: 20 }), (given, room) => {
        const all = given.map(({ urgency, kind, positions }, i) =>
          one(urgency, kind, String(i), kind === 'step' ? 1 : positions),
        );
        const queue = queueOf(...all);
        const batches: (readonly Named[])[] = [];
        for (let batch = queue.next(() => room); batch.length > 0; batch = queue.next(() => room)) batches.push(batch);
        expect(
          batches
            .flat()
            .map(({ name }) => Number(name))
            .sort((a, b) => a - b),
        ).toEqual([...all.keys()]);
        for (const [i, batch] of batches.entries()) {
          expect(new Set(batch.map(({ kind }) => kind)).size).toBe(1);
          // Whose turn it was.
          const left = batches.slice(i).flat();
          for (const urgency of ['interactive', 'stream'] as const) {
            const oldest = left.filter((each) => each.urgency === urgency).sort((a, b) => a.since - b.since)[0];
            if (oldest) expect([...batch, ...(batches[i + 1] ?? [])]).toContain(oldest);
          }
          const width = Math.max(...batch.map(({ positions }) => positions));
          if (batch.length > 1) expect(batch.length * width).toBeLessThanOrEqual(room);
        }
      }),
    );
  });

  it('gives up all that waits', () => {
    const all = [one('stream', 'step'), one('interactive', 'window'), one('stream', 'window')];
    const queue = queueOf(...all);
    expect(new Set(queue.drain())).toEqual(new Set(all));
    expect(queue.next(() => 9)).toEqual([]);
  });
});
