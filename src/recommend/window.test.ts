import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stateWith } from '../../test/builders/state.js';
import { tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { createItemIndex } from './item-index.js';
import { windowOf } from './window.js';
import { EntryList } from '../state/entry-list.js';

const index = createItemIndex(tinyCheckpoint());
const sequence = (items: readonly string[]) => stateWith('u', items).history.sequence;

describe('the window', () => {
  it('is cut first: unknown items drop out after it and none moves up', () => {
    expect([...windowOf(sequence(['i1', 'i2', 'new', 'i3']), index, 3)]).toEqual([2, 3]);
    expect([...windowOf(sequence(['i1', 'i2', 'i3']), index, 3)]).toEqual([1, 2, 3]);
    expect([...windowOf(sequence(['i1', 'new']), index, 1)]).toEqual([]);
    expect([...windowOf(EntryList.EMPTY, index, 3)]).toEqual([]);
  });

  it('depends on its newest interactions alone', () => {
    const items = fc.array(fc.constantFrom('i0', 'i5', 'i11', 'new', 'other'), { maxLength: 20 });
    fc.assert(
      fc.property(items, items, fc.integer({ min: 1, max: 10 }), (older, newest, length) => {
        fc.pre(newest.length >= length);
        const window = windowOf(sequence([...older, ...newest]), index, length);
        expect(window).toEqual(windowOf(sequence(newest), index, length));
        expect(window.length).toBeLessThanOrEqual(length);
      }),
    );
  });
});

describe('the index of a checkpoint’s items', () => {
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
