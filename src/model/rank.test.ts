import { describe, expect, it } from 'vitest';
import type { Edit } from './edit.js';
import { type RankingRules, rankScores } from './rank.js';

const ATTRIBUTES = [Int32Array.of(0, 2), Int32Array.of(2, 3)];
const rules = (changed: Partial<RankingRules> = {}): RankingRules => ({
  edits: [],
  blocked: new Uint8Array(5),
  excluded: [],
  k: 3,
  ...changed,
});
const scores = (): Float32Array => Float32Array.of(1, 2, 3, 4, 5);
const list = (changed?: Partial<RankingRules>): [number, number][] => {
  const ranked = rankScores(scores(), rules(changed), ATTRIBUTES);
  return Array.from(ranked.items, (item, i) => [item, ranked.scores[i]!]);
};

describe('ranking scores', () => {
  it('lists the best items with their scores', () => {
    expect(list()).toEqual([
      [4, 5],
      [3, 4],
      [2, 3],
    ]);
  });

  it('lists neither blocked nor excluded items, and fewer than k where no more are left', () => {
    const blocked = Uint8Array.of(0, 0, 0, 1, 0);
    expect(list({ blocked, excluded: [4, 1, 4], k: 4 })).toEqual([
      [2, 3],
      [0, 1],
    ]);
  });

  it('adds score edits to the bearers of each attribute, several to one item', () => {
    const edits: Edit[] = [
      { kind: 'score', attribute: 0, amount: 10 },
      { kind: 'score', attribute: 1, amount: -2 },
    ];
    expect(list({ edits })).toEqual([
      [0, 11],
      [2, 11],
      [4, 5],
    ]);
  });

  it('passes over latent edits, which have acted already, and attributes that no item bears', () => {
    const edits: Edit[] = [
      { kind: 'latent', layer: 1, feature: 0, mode: 'delta', amount: 9 },
      { kind: 'score', attribute: 7, amount: 9 },
    ];
    expect(list({ edits })).toEqual(list());
  });
});
