import { describe, expect, it } from 'vitest';
import { shownUsers } from './steered-lists.js';

const history = (bearing: number, length: number): { history: Int32Array } => ({
  history: Int32Array.from({ length }, (_, i) => (i < bearing ? 1 : 0)),
});
const BEARERS = new Set([1]);

describe('the users whose lists are shown', () => {
  it('have little, middling and much of the attribute, among those with a history to tell', () => {
    const cases = [history(9, 9), ...Array.from({ length: 11 }, (_, n) => history((n * 7) % 11, 20))];
    const shown = shownUsers(cases, BEARERS);
    expect(shown.map(({ standing, historyShare }) => [standing, historyShare])).toEqual([
      ['little', 0.05],
      ['middling', 0.25],
      ['much', 0.45],
    ]);
    for (const { index, historyShare } of shown)
      expect(cases[index]!.history.filter((item) => item === 1)).toHaveLength(20 * historyShare);
  });

  it('are any where all histories are short; the first of equals; each once', () => {
    expect(shownUsers([history(1, 2), history(0, 2), history(2, 2)], BEARERS).map(({ index }) => index)).toEqual([
      1, 0, 2,
    ]);
    expect(shownUsers([history(1, 3)], BEARERS)).toEqual([{ index: 0, standing: 'little', historyShare: 1 / 3 }]);
    expect(shownUsers([], BEARERS)).toEqual([]);
  });
});
