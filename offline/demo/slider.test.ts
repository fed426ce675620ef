import { describe, expect, it } from 'vitest';
import type { RecommendationList } from '../../src/events/events.js';
import { tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { showSlider } from './show.js';
import { chooseSlider, share } from './slider.js';

const checkpoint = tinyCheckpoint();

function list(userId: string, ...items: number[]): RecommendationList {
  return {
    listId: `interactions-0-${userId}`,
    userId,
    items: items.map((item, rank) => ({ itemId: `i${item}`, score: -rank, cold: false })),
    checkpoint: '1-00000000',
    equalizerVersion: 0,
    effects: [],
    reason: { trigger: 'interaction', ranking: 'model', profile: null },
    source: { topic: 'interactions', partition: 0, offset: 0 },
    catalogue: [0],
    producedAt: 0,
  };
}

describe('the slider of the demo', () => {
  it('is moved by a user whose list has some of the attribute, and room for more', () => {
    const none = list('none', 5, 7, 9, 11);
    const some = list('some', 1, 5, 7, 9, 11);
    const full = list('full', 0, 1, 2, 3, 4);
    expect(share(some, checkpoint, 'genre/Low')).toBe(0.2);
    expect(chooseSlider(checkpoint, [none, some, full])).toMatchObject({ user: 'some', attribute: 'genre/Low' });
  });

  it('is not moved where nothing leaves room', () => {
    expect(chooseSlider(checkpoint, [list('full', 0, 2, 4)])).toBeUndefined();
  });

  it('shows both lists, with the items that bear the attribute marked', () => {
    const [before, after] = [list('u', 5, 1), list('u', 1, 2)];
    const moved = { user: 'u', attribute: 'genre/Low', before, after, shareBefore: 0.5, shareAfter: 1 };
    const lines = showSlider(moved, checkpoint, (itemId) => `Title of ${itemId}`).split('\n');
    expect(lines[1]).toMatch(/before: 50 % genre\/Low +after: 100 %/);
    expect(lines[2]).toMatch(/^ {3}1 {4}Title of i5 +\* Title of i1$/);
    expect(lines[3]).toMatch(/^ {3}2 {2}\* Title of i1 +\* Title of i2$/);
  });
});
