import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { interaction } from '../../test/builders/events.js';
import { stateWith } from '../../test/builders/state.js';
import { cutHistory, withInteraction } from '../state/history.js';
import { EntryList } from '../state/entry-list.js';
import { DEFAULT_REDUCER_SETTINGS, emptyState, type History } from '../state/user-state.js';
import { createItemIndex, UNKNOWN } from './item-index.js';
import { chunkStep, windowLength, windowOf } from './window.js';

const index = createItemIndex(tinyCheckpoint());
const historyOf = (items: readonly string[]): History => stateWith('u', items).history;

describe('the length of a window', () => {
  it('grows to the window, then moves its start on by a step when it would be longer', () => {
    const lengths = Array.from({ length: 14 }, (_, accepted) => windowLength(accepted, 8, 3));
    expect(lengths).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 6, 7, 8, 6, 7]);
    expect([1, 2, 8, 64, 200].map(chunkStep)).toEqual([1, 1, 2, 16, 50]);
  });

  it('has the least start, a multiple of the step, that leaves no more than the window', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 300 }), fc.nat(299), (accepted, window, some) => {
        const step = 1 + (some % window);
        const starts = Array.from({ length: accepted + 1 }, (_, start) => start).filter((start) => start % step === 0);
        const start = accepted <= window ? 0 : starts.find((one) => accepted - one <= window);
        expect(windowLength(accepted, window, step)).toBe(accepted - start!);
      }),
    );
  });
});

describe('the window', () => {
  it('is cut first: unknown items drop out after it and none moves up', () => {
    expect([...windowOf(historyOf(['i1', 'i2', 'new', 'i3']), index, 3)]).toEqual([2, 3]);
    expect([...windowOf(historyOf(['i1', 'i2', 'i3']), index, 3)]).toEqual([1, 2, 3]);
    expect([...windowOf(historyOf(['i1', 'new']), index, 1)]).toEqual([]);
    expect([...windowOf(historyOf([]), index, 3)]).toEqual([]);
  });

  it('of any state is what the whole log gives: interactions from the chunk’s start, without erased and unknown ones', () => {
    const happens = fc.oneof(
      { arbitrary: fc.constantFrom('i0', 'i5', 'i11', 'new', 'other'), weight: 20 },
      { arbitrary: fc.constant('erase'), weight: 1 },
    );
    fc.assert(
      fc.property(fc.array(happens, { maxLength: 60 }), fc.integer({ min: 1, max: 10 }), (events, window) => {
        const settings = { ...DEFAULT_REDUCER_SETTINGS, sequenceLength: 10 };
        let { history } = emptyState('u');
        let erased = 0;
        let log: string[] = [];
        for (const [at, event] of events.entries()) {
          if (event === 'erase') {
            erased = log.length;
            history = cutHistory(history, at);
            continue;
          }
          const before = history;
          history = withInteraction(history, interaction({ itemId: event }), at, at + 1, 'sequence', 0, settings);
          log = [...log, event];
          const start = log.length - windowLength(log.length, window);
          const seen = log.slice(Math.max(start, erased)).filter((item) => index.itemIndex(item) !== undefined);
          const found = windowOf(history, index, window);
          expect([...found]).toEqual(seen.map((item) => index.itemIndex(item)));
          // Within a chunk each window is the one before, and perhaps an item.
          if (start === log.length - 1 - windowLength(log.length - 1, window)) {
            const earlier = windowOf(before, index, window);
            expect(found.subarray(0, earlier.length)).toEqual(earlier);
          }
        }
      }),
    );
  });
});

describe('the index of a checkpoint’s items', () => {
  it('says what each entry of a piece is, however the piece has grown and whichever checkpoint asked before', () => {
    const backwards = createItemIndex({
      ...tinyCheckpoint(),
      vocabulary: { items: tinyCheckpoint().vocabulary.items.toReversed(), counts: new Float64Array() },
    });
    const events = fc.array(fc.constantFrom('i0', 'i5', 'i11', 'new', 'ask', 'ask the other'), { maxLength: 80 });
    fc.assert(
      fc.property(events, (all) => {
        let list = EntryList.EMPTY;
        for (const [at, event] of all.entries()) {
          if (!event.startsWith('ask')) list = list.with({ itemId: event, at });
          const asked = event === 'ask' ? index : backwards;
          for (const { piece } of event.startsWith('ask') ? list.stretches : [])
            expect(asked.indexesOf(piece)).toEqual(piece.itemIds.map((itemId) => asked.itemIndex(itemId) ?? UNKNOWN));
        }
      }),
    );
  });

  it('knows items, attributes and who bears them', () => {
    expect([index.itemIndex('i3'), index.itemIndex('new')]).toEqual([3, undefined]);
    expect(index.itemId(3)).toBe('i3');
    expect(() => index.itemId(12)).toThrow('item index 12 is beyond the vocabulary');
    expect([index.attributeIndex('genre/Low'), index.attributeIndex('genre/None')]).toEqual([1, undefined]);
    expect([index.bears(2, 0), index.bears(3, 0), index.bears(3, 1), index.bears(3, 9)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});
