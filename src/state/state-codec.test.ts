import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interaction, profileEvent } from '../../test/builders/events.js';
import { busyState } from '../../test/builders/busy-state.js';
import { readSchemas } from '../events/schema-files.js';
import { singleObjectFormat, type SingleObjectFormat } from '../events/single-object.js';
import { onInteraction, onProfileEvent } from './reduce.js';
import { decodeState, encodeState } from './state-codec.js';
import { DEFAULT_REDUCER_SETTINGS, emptyState, type UserState } from './user-state.js';

const settings = { ...DEFAULT_REDUCER_SETTINGS, sequenceLength: 3 };

/** The format of the first committed schema. */
function version1(): SingleObjectFormat {
  const [first] = readSchemas('user-state').history;
  if (first === undefined) throw new Error('no history');
  return singleObjectFormat({ current: first, history: [] });
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

  it.each(['movielens', 'six-digits', 'letter-and-five-digits'] as const)(
    'is compact: 200 events of ids like %s stay below the 2 KiB in which Redis allocates them',
    (kind) => {
      let seed = 1;
      const random = (from: number, below: number): number => {
        seed = (seed * 48_271) % 2_147_483_647;
        return from + (seed % (below - from));
      };
      const state = busyState('user-123456', kind, random);
      expect(decodeState(encodeState(state))).toEqual(state);
      expect(encodeState(state).length).toBeLessThan(2048 - 6);
    },
  );

  it('reads what version 1 wrote, whose lists were not packed', () => {
    const entries = (before: readonly number[]) => before.map((distance, i) => ({ itemId: `i${i}`, before: distance }));
    const { history, equalizer } = emptyState('zoë');
    const lists = { sequence: entries([5, 7, 1]), older: entries([4, 100]), hidden: [], recentEvents: Buffer.alloc(8) };
    const stored = {
      userId: 'zoë',
      history: { ...history, clock: 1000, ...lists },
      equalizer: { ...equalizer, gains: [], recentEvents: Buffer.alloc(0) },
    };
    const { sequence, older } = decodeState(version1().encode(stored)).history;
    expect(Array.from(sequence, ({ at }) => at)).toEqual([987, 992, 999]);
    expect([...older]).toEqual([
      { itemId: 'i0', at: 896 },
      { itemId: 'i1', at: 900 },
    ]);
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
