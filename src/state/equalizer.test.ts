import { describe, expect, it } from 'vitest';
import { profileEvent } from '../../test/builders/events.js';
import type { ProfileEvent } from '../events/events.js';
import { MAX_ATTRIBUTES, nextExpiry } from './equalizer.js';
import { onProfileEvent } from './reduce.js';
import { activeGains, DEFAULT_REDUCER_SETTINGS, emptyState, type UserState } from './user-state.js';

type Given = Partial<ProfileEvent> & { readonly at: number; readonly loggedAt?: number };

/** Applies the events in log order; `at` is when they occurred, and the log's time unless given is later than all. */
function run(...given: readonly Given[]): { state: UserState; profiles: (string | null)[] } {
  const profiles: (string | null)[] = [];
  let state = emptyState('u');
  for (const { at, loggedAt = 1_000_000, ...event } of given) {
    const reduced = onProfileEvent(
      state,
      profileEvent({ ...event, occurredAt: at }),
      loggedAt,
      DEFAULT_REDUCER_SETTINGS,
    );
    if (reduced.outcome !== 'changed') throw new Error(reduced.outcome);
    profiles.push(reduced.profile);
    state = reduced.state;
  }
  return { state, profiles };
}

function gainsAfter(...given: readonly Given[]): unknown {
  return activeGains(run(...given).state.equalizer);
}

describe('merge', () => {
  it('lets the later setting of each attribute win, whatever the log order', () => {
    const { state, profiles } = run({ at: 20, gains: { a: 0.5, b: 0.5 } }, { at: 10, gains: { a: 1, c: 1 } });
    expect(activeGains(state.equalizer)).toEqual({ a: 0.5, b: 0.5, c: 1 });
    expect(profiles).toEqual(['applied', 'applied']);
    expect(state.equalizer.version).toBe(2);
  });

  it('gives ties to the later in the log', () => {
    expect(gainsAfter({ at: 10, gains: { a: 0.5 } }, { at: 10, gains: { a: -1 } })).toEqual({ a: -1 });
  });

  it('is stale when all of it is older than what stands, and then counts no version', () => {
    const { state, profiles } = run({ at: 20, gains: { a: 0.5 }, preset: 'calm' }, { at: 10, gains: { a: 1 } });
    expect(profiles).toEqual(['applied', 'stale']);
    expect(state.equalizer).toMatchObject({ version: 1, preset: 'calm' });
  });

  it('takes an attribute away with a gain of 0, for older settings too', () => {
    expect(gainsAfter({ at: 10, gains: { a: 1 } }, { at: 30, gains: { a: 0 } }, { at: 20, gains: { a: 0.5 } })).toEqual(
      {},
    );
    expect(gainsAfter({ at: 10, gains: { a: 0 } }, { at: 11, gains: { a: 0.5 } })).toEqual({ a: 0.5 });
  });

  it('takes names that objects inherit as any other', () => {
    expect(gainsAfter({ at: 10, gains: { constructor: 1, toString: 0.5 } })).toEqual({ constructor: 1, toString: 0.5 });
  });
});

describe('effective time', () => {
  it('is never later than the log: a clock that is ahead does not block later changes', () => {
    const ahead = { at: 999_999, loggedAt: 100, gains: { a: 1 } };
    expect(gainsAfter(ahead, { at: 200, loggedAt: 200, gains: { a: -1 } })).toEqual({ a: -1 });
  });
});

describe('replace, reset and off', () => {
  it('replace sets the whole, but for what was set later', () => {
    const before = { at: 10, gains: { a: 1 } };
    const later = { at: 30, gains: { b: 1, c: 1 } };
    expect(gainsAfter(before, later, { at: 20, mode: 'replace', gains: { c: -1, d: 1 } })).toEqual({
      b: 1,
      c: 1,
      d: 1,
    });
  });

  it('an older setting loses against the floor', () => {
    const { state, profiles } = run(
      { at: 20, mode: 'reset' },
      { at: 19, gains: { a: 1 } },
      { at: 20, gains: { b: 1 } },
    );
    expect(profiles).toEqual(['applied', 'stale', 'applied']);
    expect(activeGains(state.equalizer)).toEqual({ b: 1 });
    expect(run({ at: 20, mode: 'replace' }, { at: 19, mode: 'reset' }, { at: 19, mode: 'off' }).profiles).toEqual([
      'applied',
      'stale',
      'stale',
    ]);
  });

  it('off bypasses and keeps; the next merge turns on again, even one without gains', () => {
    const set: Given = { at: 10, gains: { a: 1 } };
    const off: Given = { at: 20, mode: 'off' };
    expect(gainsAfter(set, off)).toEqual({});
    expect(gainsAfter(set, off, { at: 30 })).toEqual({ a: 1 });
    expect(gainsAfter(set, off, { at: 30, gains: { b: 1 } })).toEqual({ a: 1, b: 1 });
    expect(gainsAfter(set, off, { at: 15, gains: { b: 1 } })).toEqual({});
    expect(gainsAfter(set, off, { at: 30, mode: 'replace', gains: { b: 1 } })).toEqual({ b: 1 });
  });

  it('replace and merge carry the preset, reset and erase end it', () => {
    const preset = (...given: readonly Given[]): unknown => run(...given).state.equalizer.preset;
    const calm: Given = { at: 10, mode: 'replace', gains: { a: 1 }, preset: 'calm' };
    expect(preset(calm)).toBe('calm');
    expect(preset(calm, { at: 11, gains: { b: 1 } })).toBeNull();
    expect(preset(calm, { at: 11, mode: 'reset' })).toBeNull();
    expect(preset(calm, { at: 11, mode: 'erase' })).toBeNull();
  });
});

describe('expiry', () => {
  it('ends the gains whose time has come, and says when the next one ends', () => {
    const gains: readonly Given[] = [
      { at: 10, gains: { a: 1 }, expiresAt: 50 },
      { at: 10, gains: { b: 1 }, expiresAt: 60 },
      { at: 10, gains: { c: 1 } },
    ];
    expect(nextExpiry(run(...gains).state.equalizer)).toBe(50);
    const { state, profiles } = run(...gains, { at: 49, mode: 'expire' }, { at: 50, mode: 'expire' });
    expect(profiles.slice(3)).toEqual(['stale', 'applied']);
    expect(activeGains(state.equalizer)).toEqual({ b: 1, c: 1 });
    expect(nextExpiry(state.equalizer)).toBe(60);
    expect(nextExpiry(run({ at: 10, gains: { c: 1 } }).state.equalizer)).toBeNull();
  });

  it('does not let an older setting back in, nor touches the floor', () => {
    const set: Given = { at: 10, gains: { a: 1 }, expiresAt: 50 };
    expect(gainsAfter(set, { at: 60, mode: 'expire' }, { at: 5, gains: { a: 1, b: 1 } })).toEqual({ b: 1 });
  });

  it('an event that has ended already is applied and gives no gains', () => {
    const { state, profiles } = run({ at: 10, gains: { a: 1 } }, { at: 20, gains: { a: 0.5 }, expiresAt: 20 });
    expect(profiles[1]).toBe('applied');
    expect(activeGains(state.equalizer)).toEqual({});
    expect(nextExpiry(state.equalizer)).toBeNull();
  });
});

describe('erase', () => {
  it('forgets gains up to its time, even behind a newer floor, and keeps later ones', () => {
    const { state, profiles } = run(
      { at: 40, mode: 'replace', gains: { a: 1 } },
      { at: 50, gains: { b: 1 } },
      { at: 45, mode: 'erase' },
      { at: 30, gains: { c: 1 } },
    );
    expect(profiles).toEqual(['applied', 'applied', 'applied', 'stale']);
    expect(activeGains(state.equalizer)).toEqual({ b: 1 });
    expect(state.equalizer).toMatchObject({ erasedBefore: 45, version: 3 });
  });

  it('never forgets less than before', () => {
    expect(run({ at: 40, mode: 'erase' }, { at: 30, mode: 'erase' }).state.equalizer.erasedBefore).toBe(40);
  });

  it('leaves no trace of attributes that were taken away', () => {
    const { state } = run({ at: 10, gains: { a: 1 } }, { at: 20, gains: { a: 0 } }, { at: 30, mode: 'erase' });
    expect(state.equalizer.gains).toEqual({});
  });
});

describe('versions, repeats and bounds', () => {
  it('a change that expects another version is a conflict and changes nothing but the memory of it', () => {
    const first = run({ at: 10, gains: { a: 1 } });
    const { state, profiles } = run({ at: 10, gains: { a: 1 } }, { at: 20, gains: { a: -1 }, expectedVersion: 0 });
    expect(profiles).toEqual(['applied', 'conflict']);
    expect({ ...state.equalizer, recentEvents: [] }).toEqual({ ...first.state.equalizer, recentEvents: [] });
    expect(state.equalizer.recentEvents).toHaveLength(2);
    expect(run({ at: 10, gains: { a: 1 } }, { at: 20, gains: { a: -1 }, expectedVersion: 1 }).profiles[1]).toBe(
      'applied',
    );
  });

  it('a repeated event id changes nothing, a stale one included', () => {
    const once = run({ at: 20, mode: 'reset' }, { at: 10, gains: { a: 1 }, eventId: 'x' });
    const again = onProfileEvent(once.state, profileEvent({ eventId: 'x' }), 1, DEFAULT_REDUCER_SETTINGS);
    expect(again).toEqual({ outcome: 'repeat' });
  });

  it('keeps at most so many attributes: taken-away ones go first, then the oldest', () => {
    const old = Array.from({ length: MAX_ATTRIBUTES }, (_, i): Given => ({ at: 10 + i, gains: { [`a${i}`]: 1 } }));
    const { gains } = run(...old, { at: 5_000, gains: { a9: 0 } }, { at: 9_000, gains: { b: 1, c: 1 } }).state
      .equalizer;
    expect(Object.keys(gains)).toHaveLength(MAX_ATTRIBUTES);
    expect(gains).not.toHaveProperty('a9');
    expect(gains).not.toHaveProperty('a0');
    expect(gains).toHaveProperty('a1');
  });
});
