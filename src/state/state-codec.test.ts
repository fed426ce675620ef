import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interaction, profileEvent } from '../../test/builders/events.js';
import { onInteraction, onProfileEvent } from './reduce.js';
import { decodeState, encodeState } from './state-codec.js';
import { DEFAULT_REDUCER_SETTINGS, emptyState, type UserState } from './user-state.js';

const settings = { ...DEFAULT_REDUCER_SETTINGS, sequenceLength: 3 };

function withInteractions(given: UserState, count: number, step: number, id: (i: number) => string): UserState {
  let state = given;
  for (let i = 0; i < count; i += 1) {
    const event = interaction({ itemId: id(i), eventId: `${id(i)}/${i}` });
    const reduced = onInteraction(state, event, 1_700_000_000_000 + i * step, DEFAULT_REDUCER_SETTINGS);
    if (reduced.outcome === 'changed') state = reduced.state;
  }
  return state;
}

const step = fc.record({
  itemId: fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }),
  kind: fc.constantFrom('view', 'dislike'),
  loggedAt: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  market: fc.option(fc.string()),
  gain: fc.option(fc.double({ min: -1, max: 1, noNaN: true }).map((gain) => gain + 0)),
  expiresAt: fc.option(fc.nat()),
  mode: fc.constantFrom('merge', 'merge', 'replace', 'off', 'erase'),
});

describe('the state codec', () => {
  it('gives back every state, to the same bytes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let state = emptyState('zoë');
        for (const { itemId, kind, loggedAt, market, gain, expiresAt, mode } of steps) {
          const context = market === null ? null : { device: null, page: 'p', market, maturityLimit: 16 };
          const first = onInteraction(state, interaction({ itemId, kind, context }), loggedAt, settings);
          if (first.outcome === 'changed') state = first.state;
          if (gain === null) continue;
          const event = profileEvent({
            gains: { [itemId]: gain },
            expiresAt,
            mode,
            occurredAt: loggedAt,
            preset: itemId,
          });
          const second = onProfileEvent(state, event, loggedAt, settings);
          if (second.outcome === 'changed') state = second.state;
        }
        const bytes = encodeState(state);
        expect(decodeState(bytes)).toEqual(state);
        expect(encodeState(decodeState(bytes))).toEqual(bytes);
      }),
    );
  });

  it('is compact: 200 events a minute apart of 6-character ids take less than 2.5 KiB', () => {
    const state = withInteractions(emptyState('user-123456'), 200, 60_000, (i) => String(100_000 + i * 7));
    expect(state.history.sequence).toHaveLength(200);
    expect(state.history.recentEvents).toHaveLength(64);
    expect(encodeState(state).length).toBeLessThan(2.5 * 1024);
  });

  it('does not depend on the order in which gains were set', () => {
    const gains = ['a', 'b'].map((name) => [name, { gain: 1, at: 5, expiresAt: null }] as const);
    const [one, other] = [gains, gains.toReversed()].map((entries): UserState => {
      const state = emptyState('u');
      return { ...state, equalizer: { ...state.equalizer, gains: Object.fromEntries(entries) } };
    });
    expect(one && encodeState(one)).toEqual(other && encodeState(other));
    expect(one).toBeDefined();
  });

  it('says so when bytes are no state', () => {
    expect(() => decodeState(Buffer.from('nothing'))).toThrow(/cannot be read \(bad-bytes\)/);
  });
});
