import { describe, expect, it } from 'vitest';
import { stateWith } from '../../test/builders/state.js';
import { excludedStretches, type SeenRule } from './seen-rule.js';
import { EntryList } from '../state/entry-list.js';

const DAY = 86_400_000;
const NEWEST = 100 * DAY;
const state = (() => {
  const { history, ...rest } = stateWith('u', []);
  const seen = (itemId: string, daysAgo: number) => ({ itemId, at: NEWEST - daysAgo * DAY });
  const older = EntryList.of([seen('old', 90), seen('middle', 8)]);
  const sequence = EntryList.of([seen('week', 7), seen('now', 0)]);
  const hidden = EntryList.of([seen('hidden', 99)]);
  return { ...rest, history: { ...history, clock: NEWEST, older, sequence, hidden } };
})();
const excluded = (rule: SeenRule): string[] =>
  excludedStretches(state, rule)
    .flatMap(({ piece, from, to }) => piece.itemIds.slice(from, to))
    .sort();

describe('what counts as seen', () => {
  it('is everything, of the sequence and before it, under `exclude`', () => {
    expect(excluded({ kind: 'exclude' })).toEqual(['hidden', 'middle', 'now', 'old', 'week']);
  });

  it('is nothing under `allow`; hidden items stay out', () => {
    expect(excluded({ kind: 'allow' })).toEqual(['hidden']);
  });

  it('goes back so many days from the user’s own newest interaction, the last one included', () => {
    expect(excluded({ kind: 'days', days: 7 })).toEqual(['hidden', 'now', 'week']);
    expect(excluded({ kind: 'days', days: 8 })).toEqual(['hidden', 'middle', 'now', 'week']);
    expect(excluded({ kind: 'days', days: 0 })).toEqual(['hidden', 'now']);
  });
});
