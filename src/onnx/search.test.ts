import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mostCodeHere } from '../adapters/onnx/most-code.js';
import { topK } from '../model/top-k.js';
import { MOST_ITEM_CODES } from './code-product.js';
import { GraphBuilder } from './graph.js';
import { itemCodes } from './item-codes.js';
import { bestItems } from './ranking.js';
import { paddedItems, UNLISTED } from './two-levels.js';

const WIDTH = 8;
/** Items of each attribute: one item in so many. */
const EVERY = [2, 7, 50];
const SIZE = WIDTH + EVERY.length;

interface Catalogue {
  readonly about: string;
  readonly items: number;
  readonly embedding: (item: number, i: number) => number;
}

/** A whole number below `below`, the same for the same arguments. */
const hash = (below: number, ...of: number[]): number =>
  of.reduce((mixed, value) => Math.imul(mixed ^ (value + 0x9e3779b9), 0x85ebca6b) >>> 3, 12_345) % below;

/** All of eighths, so that sums of floats are exact and lists must be the very same. */
const CATALOGUES: readonly Catalogue[] = [
  { about: 'any items', items: 3_000, embedding: (item, i) => (hash(65, item, i) - 32) / 8 },
  { about: 'whole blocks of them', items: 2_048, embedding: (item, i) => (hash(65, item, i) - 32) / 8 },
  { about: 'items that are their codes', items: 3_000, embedding: (item, i) => hash(255, item, i) - 127 },
  { about: 'few', items: 45, embedding: (item, i) => (hash(65, item, i) - 32) / 8 },
  { about: 'copies of a hundred', items: 3_000, embedding: (item, i) => (hash(65, item % 100, i) - 32) / 8 },
  { about: 'copies of two', items: 3_000, embedding: (item, i) => (item % 2) * (i - 3) },
  { about: 'nothing but zeros', items: 3_000, embedding: () => 0 },
  {
    about: 'any, of which the last is the largest',
    items: 3_000,
    embedding: (item, i) => (item === 2_999 ? 4 * (i - 3) : (hash(65, item, i) - 32) / 8),
  },
  {
    about: 'one a thousand times as large',
    items: 3_000,
    embedding: (item, i) => (item === 77 ? 4_096 : (hash(65, item, i) - 32) / 8),
  },
];

const embeddingsOf = ({ items, embedding }: Catalogue): Float32Array =>
  Float32Array.from({ length: items * WIDTH }, (_, at) => embedding(Math.floor(at / WIDTH), at % WIDTH));
const bears = (item: number, column: number): boolean => item % EVERY[column]! === 0;

async function open(catalogue: Catalogue, most: number): Promise<InferenceSession> {
  const { items } = catalogue;
  const columns = EVERY.map((every) => Int32Array.from({ length: Math.ceil(items / every) }, (_, i) => i * every));
  const shape = { items, width: WIDTH, layers: 1, heads: 1, window: 1 };
  const embeddings = embeddingsOf(catalogue);
  const g = new GraphBuilder(() => ({
    file: 'items',
    offset: 0,
    length: embeddings.byteLength,
    shape: [items, WIDTH],
  }));
  const states = g.input('states', 'float', ['B', SIZE], '');
  const codes = itemCodes(embeddings, shape, columns, most);
  const { items: best, scores, isSearched } = bestItems(g, { shape, columns, codes }, states);
  const graph = g.encode('search', '', {
    items: [best, 'int32', ['B', 'k'], ''],
    scores: [scores, 'float', ['B', 'k'], ''],
    is_searched: [isSearched!, 'bool', [], ''],
  });
  const data = new Uint8Array(embeddings.buffer);
  return InferenceSession.create(graph, { externalData: [{ path: 'items', data }], intraOpNumThreads: 1 });
}

interface Asked {
  readonly states: readonly (readonly number[])[];
  readonly k: number;
  readonly excluded: readonly (readonly [row: number, item: number])[];
  /** Added to all scores: no term, or every so manieth item is not to be listed. */
  readonly blockedEvery: number;
}

interface Found {
  readonly lists: readonly (readonly (readonly [item: number, score: number])[])[];
  readonly isSearched: boolean;
}

async function find(session: InferenceSession, items: number, asked: Asked): Promise<Found> {
  const [B, V, k] = [asked.states.length, paddedItems(items), Math.min(asked.k, items)];
  const terms = Float32Array.from({ length: V }, (_, item) =>
    asked.blockedEvery > 0 && item % asked.blockedEvery === 0 ? UNLISTED : 0,
  );
  const pairs = asked.excluded.filter(([row, item]) => row < B && item < items);
  const flag = (value: boolean): Tensor => new Tensor('bool', Uint8Array.of(value ? 1 : 0), []);
  const outputs = await session.run({
    states: new Tensor('float32', Float32Array.from(asked.states.flat()), [B, SIZE]),
    terms: new Tensor('float32', terms, [1, V]),
    term_amounts: new Tensor('float32', Float32Array.of(1), [1, 1]),
    has_terms: flag(asked.blockedEvery > 0),
    excluded: new Tensor('int64', BigInt64Array.from(pairs.flat(), BigInt), [pairs.length, 2]),
    has_excluded: flag(pairs.length > 0),
    k: new Tensor('int64', BigInt64Array.of(BigInt(k)), [1]),
  });
  const [found, scores] = [outputs['items']!.data as Int32Array, outputs['scores']!.data as Float32Array];
  const lists = asked.states.map((_, b) =>
    Array.from({ length: k }, (_, i) => [found[b * k + i]!, scores[b * k + i]!] as const).filter(
      ([, score]) => score > UNLISTED / 10,
    ),
  );
  return { lists, isSearched: (outputs['is_searched']!.data as Uint8Array)[0] === 1 };
}

function expected(catalogue: Catalogue, { states, k, excluded, blockedEvery }: Asked): Found['lists'] {
  const embeddings = embeddingsOf(catalogue);
  return states.map((state, row) => {
    const scores = Float32Array.from({ length: catalogue.items }, (_, item) => {
      let score = 0;
      for (let i = 0; i < WIDTH; i++) score += state[i]! * embeddings[item * WIDTH + i]!;
      for (let c = 0; c < EVERY.length; c++) if (bears(item, c)) score += state[WIDTH + c]!;
      return score;
    });
    const out = new Set(excluded.filter(([of]) => of === row).map(([, item]) => item));
    const best = topK(
      scores,
      Math.min(k, catalogue.items),
      (item) => out.has(item) || (blockedEvery > 0 && item % blockedEvery === 0),
    );
    return Array.from(best, (item) => [item, scores[item]!] as const);
  });
}

const eighth = fc.integer({ min: -24, max: 24 }).map((value) => value / 8);
const gain = fc.oneof(fc.constant(0), eighth, fc.constantFrom(-1_000, 100, 1_000));
const of = (value: fc.Arbitrary<number>, amount: fc.Arbitrary<number>): fc.Arbitrary<number[]> =>
  fc.tuple(...Array.from({ length: SIZE }, (_, i) => (i < WIDTH ? value : amount)));
// Of the second kind codes say all: what is off there is off by the items' codes.
const state = fc.oneof(of(eighth, gain), of(fc.constantFrom(-1, 1), fc.constant(0)));
const asked: fc.Arbitrary<Asked> = fc.record({
  states: fc.array(state, { minLength: 1, maxLength: 4 }),
  k: fc.constantFrom(1, 10, 40, 90, 500),
  excluded: fc.oneof(
    fc.constant([]),
    fc.array(fc.tuple(fc.nat(3), fc.nat(2_999)), { maxLength: 30 }),
    // Everything of the first row, or all but some.
    fc.nat(20).map((from) => Array.from({ length: 3_000 - from }, (_, i) => [0, from + i] as const)),
  ),
  blockedEvery: fc.constantFrom(0, 0, 0, 3),
});

/** The greatest codes of items that this processor multiplies exactly: all of them, or the least. */
const here = (await mostCodeHere({ provider: 'cpu', threads: 1 }))!;
const exact = MOST_ITEM_CODES.filter((most) => most <= here);
const searches = CATALOGUES.flatMap((catalogue) => exact.map((most) => ({ ...catalogue, catalogue, most })));

describe.each(searches)('a search of $about, codes up to $most', ({ catalogue, most }) => {
  let session: InferenceSession;
  beforeAll(async () => {
    session = await open(catalogue, most);
  });
  afterAll(() => session.release());

  it('lists the very items that a look at everything lists, ties by lower index', async () => {
    await fc.assert(
      fc.asyncProperty(asked, async (one) => {
        expect((await find(session, catalogue.items, one)).lists).toEqual(expected(catalogue, one));
      }),
      { numRuns: 50 },
    );
  });
});

describe('a search', () => {
  const catalogue: Catalogue = { ...CATALOGUES[0]!, embedding: (item, i) => Math.sin(item * (i + 1) + i) };
  const plain = Array.from({ length: SIZE }, (_, i) => (i < WIDTH ? Math.cos(3 * i) : 0));
  const rules = { k: 10, excluded: [], blockedEvery: 0 };

  it('has codes that are multiplied exactly here', () => {
    expect(MOST_ITEM_CODES).toContain(here);
  });

  it('gives a row the same bits whatever is asked for beside it, and says when 8 bits told too little apart', async () => {
    const session = await open(catalogue, here);
    const beside = (gain: number): number[] => plain.map((value, i) => (i < WIDTH ? -value : i === WIDTH ? gain : 0));
    const alone = await find(session, catalogue.items, { ...rules, states: [plain] });
    expect(alone.isSearched).toBe(true);
    for (const [rows, isSearched] of [
      [[plain, beside(1)], true],
      [[beside(0), plain, plain, beside(1)], true],
      // Beside such gains nothing of the rest is left in 8 bits: half of the items are as good.
      [[plain, beside(1e6)], false],
      [[beside(1e6), plain, beside(-1e6)], false],
    ] as const) {
      const found = await find(session, catalogue.items, { ...rules, states: rows });
      expect(found.isSearched).toBe(isSearched);
      for (const [b, row] of rows.entries()) if (row === plain) expect(found.lists[b]).toEqual(alone.lists[0]);
    }
    const masked = await find(session, catalogue.items, { ...rules, states: [plain], blockedEvery: 2_999 });
    expect(masked.isSearched).toBe(false);
    expect(masked.lists).toEqual(alone.lists);
    await session.release();
  });
});
