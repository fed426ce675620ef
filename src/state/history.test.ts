import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interaction } from '../../test/builders/events.js';
import { seenItems } from './history.js';
import { onInteraction } from './reduce.js';
import { decodeState, encodeState } from './state-codec.js';
import {
  DEFAULT_REDUCER_SETTINGS,
  emptyState,
  type History,
  type ReducerSettings,
  type UserState,
} from './user-state.js';

const settings: ReducerSettings = { ...DEFAULT_REDUCER_SETTINGS, sequenceLength: 3, seenItems: 5, hiddenItems: 2 };

function after(state: UserState, items: readonly string[], kind = 'view', given = settings): UserState {
  return items.reduce((before, itemId, i) => {
    const reduced = onInteraction(before, interaction({ itemId, kind }), before.history.clock + i, given);
    if (reduced.outcome !== 'changed') throw new Error(reduced.outcome);
    return reduced.state;
  }, state);
}

function ids(entries: History['sequence']): string {
  return Array.from(entries, (entry) => entry.itemId).join('');
}

describe('the rolling sequence', () => {
  it('keeps the newest in log order; what leaves it becomes an older item unless it is still there', () => {
    const { history } = after(emptyState('u'), ['a', 'b', 'a', 'c', 'b']);
    expect(ids(history.sequence)).toBe('acb');
    expect(ids(history.older)).toBe('');
    const later = after({ ...emptyState('u'), history }, ['d']).history;
    expect(ids(later.sequence)).toBe('cbd');
    expect(ids(later.older)).toBe('a');
    expect(later.accepted).toBe(6);
  });

  it('is what its definition says, for any items', () => {
    const bounds = fc.record({ sequenceLength: fc.nat(6), seenItems: fc.nat(8) });
    fc.assert(
      fc.property(bounds, fc.array(fc.constantFrom(...Array.from('abcdefghij')), { maxLength: 40 }), (bound, items) => {
        const { history } = after(emptyState('u'), items, 'view', { ...settings, ...bound });
        const sequence = bound.sequenceLength === 0 ? [] : items.slice(-bound.sequenceLength);
        const byLastSight = [...new Set(items.toReversed())];
        const seen = byLastSight.slice(0, bound.seenItems);
        expect(ids(history.sequence)).toBe(sequence.join(''));
        const older = seen.filter((item) => !sequence.includes(item)).toReversed();
        expect(ids(history.older)).toBe(older.join(''));
        expect(new Set(seenItems(history))).toEqual(new Set([...sequence, ...older]));
      }),
    );
  });

  it('never goes back in time', () => {
    const reduced = [50, 20, 70].reduce((state, at) => {
      const next = onInteraction(state, interaction(), at, settings);
      return next.outcome === 'changed' ? next.state : state;
    }, emptyState('u'));
    expect(Array.from(reduced.history.sequence, (entry) => entry.at)).toEqual([50, 50, 70]);
    expect(reduced.history.clock).toBe(70);
  });

  it('leaves the state that it was given alone', () => {
    const before = after(emptyState('u'), ['a', 'b', 'c', 'd']);
    const copy = decodeState(encodeState(before));
    after(before, ['a', 'e']);
    after(before, ['b'], 'dislike');
    expect(before).toEqual(copy);
  });
});

describe('kinds', () => {
  it('hides an item without accepting it, and keeps the newest hidden ones', () => {
    const { history } = after(emptyState('u'), ['a', 'b', 'a', 'c'], 'dislike');
    expect(ids(history.hidden)).toBe('ac');
    expect(history.accepted).toBe(0);
    expect(history.sequence).toHaveLength(0);
  });

  it('ignores what the table says, and takes words that it does not list as *', () => {
    const given = { ...settings, kinds: { play: 'sequence', '*': 'ignore' } } as const;
    const outcome = (kind: string, kinds: ReducerSettings): string =>
      onInteraction(emptyState('u'), interaction({ kind }), 1, kinds).outcome;
    expect(outcome('play', given)).toBe('changed');
    expect(outcome('hover', given)).toBe('ignored');
    expect(outcome('constructor', given)).toBe('ignored');
    expect(outcome('hover', { ...settings, kinds: {} })).toBe('changed');
  });
});

describe('seen items', () => {
  it('are those seen since a time', () => {
    const states = [10, 20, 30, 40].reduce((state, at) => {
      const next = onInteraction(state, interaction({ itemId: `i${at}` }), at, { ...settings, sequenceLength: 2 });
      return next.outcome === 'changed' ? next.state : state;
    }, emptyState('u'));
    expect([...seenItems(states.history, 20)]).toEqual(['i20', 'i30', 'i40']);
    expect([...seenItems(states.history)]).toHaveLength(4);
  });
});

describe('context', () => {
  it('is that of the newest interaction that gave one', () => {
    const context = { device: 'tv', page: null, market: 'DE', maturityLimit: 12 };
    const first = onInteraction(emptyState('u'), interaction({ context }), 10, settings);
    if (first.outcome !== 'changed') throw new Error(first.outcome);
    const second = after(first.state, ['b']);
    expect(second.history.context).toEqual({ ...context, at: 10 });
  });
});
