import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interaction, profileEvent } from '../../test/builders/events.js';
import { type Interaction, PROFILE_MODES, type ProfileEvent } from '../events/events.js';
import { EntryList } from './entry-list.js';
import { onInteraction, onProfileEvent, type Reduced } from './reduce.js';
import { DEFAULT_REDUCER_SETTINGS, emptyState, type ReducerSettings, type UserState } from './user-state.js';

type Logged =
  | { readonly topic: 'interactions'; readonly event: Interaction; readonly loggedAt: number }
  | { readonly topic: 'profiles'; readonly event: ProfileEvent; readonly loggedAt: number };

const settings: ReducerSettings = {
  ...DEFAULT_REDUCER_SETTINGS,
  sequenceLength: 4,
  seenItems: 6,
  hiddenItems: 2,
  recentEvents: 3,
};

function reduceOne(state: UserState, record: Logged, given = settings): Reduced {
  return record.topic === 'interactions'
    ? onInteraction(state, record.event, record.loggedAt, given)
    : onProfileEvent(state, record.event, record.loggedAt, given);
}

function reduceAll(records: readonly Logged[], given = settings): UserState {
  return records.reduce((state, record) => {
    const reduced = reduceOne(state, record, given);
    return reduced.outcome === 'changed' ? reduced.state : state;
  }, emptyState('user-1'));
}

// Few ids, items and times, so that repeats, ties and clocks that go back are common.
const time = fc.integer({ min: 0, max: 30 });
const context = fc.option(
  fc.record({
    device: fc.constant('tv'),
    page: fc.constant(null),
    market: fc.constantFrom('A', 'B'),
    maturityLimit: fc.constant(null),
  }),
);
const someInteraction = fc
  .record({
    eventId: fc.nat(40).map((n) => `i${n}`),
    itemId: fc.constantFrom(...Array.from('abcdefghijkl')),
    kind: fc.constantFrom('view', 'view', 'view', 'dislike', 'impression'),
    context,
  })
  .map(interaction);
const someProfileEvent = fc
  .record({
    eventId: fc.nat(40).map((n) => `p${n}`),
    mode: fc.constantFrom(...PROFILE_MODES, 'erase' as const),
    gains: fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.constantFrom(-1, 0, 0.5)),
    expiresAt: fc.option(time),
    expectedVersion: fc.option(fc.nat(6), { freq: 3 }),
    occurredAt: time,
  })
  .map(profileEvent);
const interactions = fc.array(
  fc.record({ topic: fc.constant('interactions' as const), event: someInteraction, loggedAt: time }),
  { maxLength: 30 },
);
const profiles = fc.array(
  fc.record({ topic: fc.constant('profiles' as const), event: someProfileEvent, loggedAt: time }),
  { maxLength: 12 },
);

function interleaved(a: readonly Logged[], b: readonly Logged[], fromA: readonly boolean[]): readonly Logged[] {
  const rest: [Logged[], Logged[]] = [[...a], [...b]];
  const merged = fromA.flatMap((first) => rest[first ? 0 : 1].splice(0, 1));
  return [...merged, ...rest[0], ...rest[1]];
}

describe('any interleaving of the two topics', () => {
  it('gives the same state', () => {
    const order = fc.array(fc.boolean(), { maxLength: 60 });
    const bounds = fc.record({
      sequenceLength: fc.nat(5),
      seenItems: fc.nat(8),
      hiddenItems: fc.nat(3),
      recentEvents: fc.nat(4),
    });
    fc.assert(
      fc.property(interactions, profiles, order, bounds, (a, b, fromA, bound) => {
        const given = { ...settings, ...bound };
        const mixed = reduceAll(interleaved(a, b, fromA), given);
        expect(mixed).toEqual(reduceAll([...a, ...b], given));
        expect(mixed).toEqual(reduceAll([...b, ...a], given));
      }),
      { numRuns: 1_000 },
    );
  });

  it('stays within the bounds, in time order, and without an item of the sequence among the older ones', () => {
    fc.assert(
      fc.property(interactions, profiles, (a, b) => {
        const { history } = reduceAll(
          interleaved(
            a,
            b,
            a.map((_, i) => i % 3 > 0),
          ),
        );
        const listed = Array.from(history.sequence, (entry) => entry.itemId);
        const older = Array.from(history.older, (entry) => entry.itemId);
        expect(history.sequence.length).toBeLessThanOrEqual(4);
        expect(new Set(listed).size + older.length).toBeLessThanOrEqual(6);
        expect(new Set([...older]).size).toBe(older.length);
        expect(older.filter((item) => listed.includes(item))).toEqual([]);
        expect(history.hidden.length).toBeLessThanOrEqual(2);
        expect(history.recentEvents.length).toBeLessThanOrEqual(3);
        const times = [...history.older, ...history.sequence].map((entry) => entry.at);
        expect(Array.from(history.sequence, (entry) => entry.at)).toEqual(
          times.slice(older.length).sort((x, y) => x - y),
        );
        expect(Math.max(0, ...times)).toBeLessThanOrEqual(history.clock);
      }),
    );
  });
});

describe('repeats', () => {
  it('change nothing while the id is among the recent ones', () => {
    const first = interaction({ eventId: 'same' });
    const state = reduceAll([{ topic: 'interactions', event: first, loggedAt: 1 }]);
    expect(onInteraction(state, first, 2, settings)).toEqual({ outcome: 'repeat' });
    const others = ['b', 'c', 'd'].map((eventId) => interaction({ eventId }));
    const later = others.reduce((before, event) => {
      const reduced = onInteraction(before, event, 3, settings);
      return reduced.outcome === 'changed' ? reduced.state : before;
    }, state);
    expect(onInteraction(later, first, 4, settings).outcome).toBe('changed');
  });

  it('are told apart by topic: a profile event may bear the id of an interaction', () => {
    const state = reduceAll([{ topic: 'interactions', event: interaction({ eventId: 'same' }), loggedAt: 1 }]);
    expect(onProfileEvent(state, profileEvent({ eventId: 'same' }), 1, settings).outcome).toBe('changed');
  });
});

describe('erase', () => {
  const NO_ENTRIES = { sequence: EntryList.EMPTY, older: EntryList.EMPTY, hidden: EntryList.EMPTY };
  const at = (loggedAt: number, given: Partial<Interaction> = {}): Logged => ({
    topic: 'interactions',
    event: interaction({ context: { device: null, page: null, market: 'DE', maturityLimit: null }, ...given }),
    loggedAt,
  });
  const eraseAt = (occurredAt: number): Logged => ({
    topic: 'profiles',
    event: profileEvent({ mode: 'erase', occurredAt }),
    loggedAt: 1_000,
  });

  it('forgets what happened up to its time, and keeps what counts and what tells repeats', () => {
    const before = [at(10), at(11, { kind: 'dislike' }), at(12, { eventId: 'seen' })];
    const { history, equalizer } = reduceAll([...before, eraseAt(12)]);
    expect(history).toMatchObject({ accepted: 2, clock: 12, ...NO_ENTRIES, context: null });
    expect(history.recentEvents).toHaveLength(3);
    expect(equalizer.erasedBefore).toBe(12);
    const state = { userId: 'user-1', history, equalizer };
    expect(onInteraction(state, interaction({ eventId: 'seen' }), 50, settings).outcome).toBe('repeat');
  });

  it('keeps what happened later', () => {
    const { history } = reduceAll([at(10, { itemId: 'a' }), at(20, { itemId: 'b' }), eraseAt(15)]);
    expect([...history.sequence]).toEqual([{ itemId: 'b', at: 20 }]);
    expect(history.context?.at).toBe(20);
  });

  it('forgets what is read after it and happened before it, which still owes a list', () => {
    const erased = reduceAll([eraseAt(15)]);
    const reduced = reduceOne(erased, at(15));
    expect(reduced).toMatchObject({ outcome: 'changed', profile: null });
    expect(reduced.outcome === 'changed' && reduced.state.history).toMatchObject({
      accepted: 1,
      sequence: EntryList.EMPTY,
      context: null,
    });
  });

  it('forgets an old context behind later interactions that gave none', () => {
    const { history } = reduceAll([at(10), at(20, { context: null }), eraseAt(15)]);
    expect(history.sequence).toHaveLength(1);
    expect(history.context).toBeNull();
  });
});
