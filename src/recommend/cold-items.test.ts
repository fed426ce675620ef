import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogueItem } from '../../test/builders/catalogue.js';
import { TINY_ATTRIBUTES, TINY_GPTREC, tinyCheckpoint } from '../../test/builders/checkpoint.js';
import type { CatalogueItem } from '../events/events.js';
import { coldBasis, type ColdItem, coldCandidate, coldItems } from './cold-items.js';

const checkpoint = tinyCheckpoint();
const basis = coldBasis(checkpoint);
const { width, items: V } = TINY_GPTREC;
const [EVEN, LOW] = TINY_ATTRIBUTES;
const isKnown = (itemId: string): boolean => checkpoint.vocabulary.items.includes(itemId);
const coldOf = (items: readonly CatalogueItem[], most: number): readonly ColdItem[] => {
  const unknown = items.filter(({ itemId }) => !isKnown(itemId));
  return coldItems(
    unknown.flatMap((one) => coldCandidate(one, basis) ?? []),
    basis,
    most,
  );
};
const embeddings = checkpoint.weights.get('gptrec.items')!.data;
const meanOf = (items: readonly number[]): number[] =>
  Array.from({ length: width }, (_, d) => items.reduce((sum, i) => sum + embeddings[i * width + d]!, 0) / items.length);

const item = fc.record({
  itemId: fc.constantFrom('i3', ...Array.from('abcdefgh', (letter) => `new-${letter}`)),
  attributes: fc.subarray([EVEN, LOW, 'genre/Unheard', EVEN]),
  addedAt: fc.option(fc.nat(3)),
});
const catalogue = fc
  .uniqueArray(item, { selector: ({ itemId }) => itemId })
  .map((items) => items.map(({ itemId, ...rest }) => catalogueItem(itemId, rest)));

describe('cold items', () => {
  it('lie where the items lie that share their attributes, nearer those of a rare one', () => {
    const [even, low] = [meanOf([0, 2, 4, 6, 8, 10]), meanOf([0, 1, 2, 3])];
    const items = [
      catalogueItem('x', { attributes: [LOW] }),
      catalogueItem('y', { attributes: [EVEN, LOW, 'genre/Unheard'] }),
    ];
    const [x, y] = coldOf(items, 9);
    const [ofEven, ofLow] = [Math.log(1 + V / 6), Math.log(1 + V / 4)];
    expect(ofLow).toBeGreaterThan(ofEven);
    for (let d = 0; d < width; d += 1) {
      expect(x?.embedding[d]).toBeCloseTo(low[d]!, 6);
      expect(y?.embedding[d]).toBeCloseTo((ofEven * even[d]! + ofLow * low[d]!) / (ofEven + ofLow), 6);
    }
    expect([x?.attributes, y?.attributes]).toEqual([Int32Array.of(1), Int32Array.of(0, 1)]);
  });

  it('are the same whatever the order of the catalogue, and at most so many, the newest', () => {
    fc.assert(
      fc.property(catalogue, fc.nat(5), fc.integer(), (items, most, turn) => {
        const found = coldOf(items, most);
        const turned = items.toSorted(
          (a, b) => Math.sin(turn + a.itemId.charCodeAt(4)) - Math.sin(turn + b.itemId.charCodeAt(4)),
        );
        expect(coldOf(turned, most)).toEqual(found);
        const candidates = items.filter(
          ({ itemId, attributes }) => !isKnown(itemId) && attributes.some((name) => name === EVEN || name === LOW),
        );
        expect(found).toHaveLength(Math.min(most, candidates.length));
        const times = new Map(items.map(({ itemId, addedAt }) => [itemId, addedAt ?? 0]));
        const left = candidates.filter(({ itemId }) => !found.some((one) => one.itemId === itemId));
        const oldest = Math.min(...found.map(({ itemId }) => times.get(itemId)!));
        expect(left.every(({ itemId }) => times.get(itemId)! <= oldest) || found.length === 0).toBe(true);
        expect(found.every(({ embedding }) => embedding.every(Number.isFinite))).toBe(true);
      }),
    );
  });

  it('are none of what the checkpoint knows, and none without an attribute that it knows', () => {
    const items = [catalogueItem('i1', { attributes: [LOW] }), catalogueItem('z', { attributes: ['genre/Unheard'] })];
    expect(coldOf(items, 9)).toEqual([]);
  });
});
