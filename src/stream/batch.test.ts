import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interaction, profileEvent } from '../../test/builders/events.js';
import { TEST_SETTINGS } from '../../test/builders/stream.js';
import type { LogRecord } from '../ports/log.js';
import type { UserState } from '../state/user-state.js';
import { expiriesOf, reduceBatch, requestsOf, usersOf } from './batch.js';
import type { Input } from './inputs.js';

const { reducer } = TEST_SETTINGS;

function record(topic: string, offset: number): LogRecord {
  return { topic, partition: 0, offset, timestamp: 1000 + offset, key: null, value: null };
}
function viewed(offset: number, userId: string, itemId = `item-${offset}`, eventId = `i${offset}`): Input {
  return { kind: 'interaction', record: record('i', offset), event: interaction({ userId, itemId, eventId }) };
}
function moved(offset: number, userId: string, gain: number, expiresAt: number | null = null): Input {
  const event = profileEvent({ userId, eventId: `p${offset}`, gains: { 'genre/a': gain }, expiresAt });
  return { kind: 'profile', record: record('p', offset), event };
}
function bad(offset: number): Input {
  return { kind: 'dead', record: record('i', offset), reason: 'bad-bytes', message: 'no' };
}

describe('reduceBatch', () => {
  it('owes one list per input that changes something, from the state right after it', () => {
    const inputs = [viewed(0, 'ann'), viewed(1, 'bob'), moved(0, 'ann', 1), viewed(2, 'ann')];
    const { owed, states } = reduceBatch(inputs, new Map(), reducer);
    expect(owed.map(({ record: { topic, offset }, trigger, state }) => [topic, offset, trigger, state.userId])).toEqual(
      [
        ['i', 0, 'interaction', 'ann'],
        ['i', 1, 'interaction', 'bob'],
        ['p', 0, 'profile', 'ann'],
        ['i', 2, 'interaction', 'ann'],
      ],
    );
    expect(owed.map(({ state }) => state.history.accepted)).toEqual([1, 1, 1, 2]);
    expect(owed.map(({ state }) => state.equalizer.version)).toEqual([0, 0, 1, 1]);
    expect(owed.map(({ profile }) => profile)).toEqual([null, null, 'applied', null]);
    expect(states.get('ann')).toBe(owed[3]?.state);
    expect(usersOf(inputs)).toEqual(['ann', 'bob']);
  });

  it('owes a list for a refresh, which says so and changes no gain', () => {
    const event = profileEvent({ userId: 'ann', mode: 'refresh', gains: { 'genre/a': 1 }, expectedVersion: 7 });
    const refresh: Input = { kind: 'profile', record: record('p', 1), event };
    const before = reduceBatch([viewed(0, 'ann'), moved(0, 'ann', 1)], new Map(), reducer).states;
    const { owed, states, unchanged } = reduceBatch([refresh, { ...refresh, record: record('p', 2) }], before, reducer);
    expect(owed.map(({ trigger, profile }) => [trigger, profile])).toEqual([['refresh', null]]);
    expect(unchanged).toBe(1);
    const { recentEvents: _, ...equalizer } = states.get('ann')!.equalizer;
    expect(before.get('ann')!.equalizer).toMatchObject(equalizer);
    expect(states.get('ann')!.history).toBe(before.get('ann')!.history);
  });

  it('sets bad records aside, and counts what changes nothing', () => {
    const impression: Input = {
      kind: 'interaction',
      record: record('i', 3),
      event: interaction({ userId: 'ann', kind: 'impression' }),
    };
    const inputs = [bad(0), viewed(1, 'ann', 'x', 'same'), viewed(2, 'ann', 'y', 'same'), impression];
    const reduced = reduceBatch(inputs, new Map(), reducer);
    expect(reduced.dead).toEqual([inputs[0]]);
    expect(reduced.owed).toHaveLength(1);
    expect(reduced.unchanged).toBe(2);
    expect(usersOf([bad(0)])).toEqual([]);
  });

  it('gives the same states and lists however the inputs are cut into batches', () => {
    const input = fc.tuple(fc.boolean(), fc.constantFrom('ann', 'bob'), fc.integer({ min: 0, max: 5 }));
    fc.assert(
      fc.property(fc.array(input, { maxLength: 30 }), fc.integer({ min: 1, max: 7 }), (given, size) => {
        const inputs = given.map(([view, user, n], offset) =>
          view ? viewed(offset, user, `item-${n}`, `i${n}`) : moved(offset, user, n / 5),
        );
        const whole = reduceBatch(inputs, new Map(), reducer);
        const states = new Map<string, UserState>();
        const owed = [];
        for (let at = 0; at < inputs.length; at += size) {
          const part = reduceBatch(inputs.slice(at, at + size), states, reducer);
          for (const [user, state] of part.states) states.set(user, state);
          owed.push(...part.owed);
        }
        expect(states).toEqual(whole.states);
        expect(owed).toEqual(whole.owed);
      }),
    );
  });
});

describe('requestsOf', () => {
  const { owed } = reduceBatch([viewed(0, 'ann'), viewed(1, 'bob'), moved(0, 'ann', 1)], new Map(), reducer);

  it('asks for every list', () => {
    const requests = requestsOf(owed, 'every-event', 5);
    expect(requests.map(({ source, now }) => [source.topic, source.offset, now])).toEqual([
      ['i', 0, 5],
      ['i', 1, 5],
      ['p', 0, 5],
    ]);
  });

  it("asks for each user's last list only, where that is wanted", () => {
    const requests = requestsOf(owed, 'latest-per-batch', 5);
    expect(requests.map(({ source, state }) => [source.topic, state.userId])).toEqual([
      ['i', 'bob'],
      ['p', 'ann'],
    ]);
    expect(requests[1]?.state.history.accepted).toBe(1);
  });
});

describe('expiriesOf', () => {
  it('tells of each changed user when a gain ends next, or that none does', () => {
    const inputs = [viewed(0, 'ann'), moved(0, 'bob', 1, 90_000), moved(1, 'cyd', 1)];
    const { states } = reduceBatch(inputs, new Map(), reducer);
    expect(expiriesOf(states)).toEqual(
      new Map([
        ['ann', null],
        ['bob', 90_000],
        ['cyd', null],
      ]),
    );
  });
});
