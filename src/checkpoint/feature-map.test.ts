import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tinyCheckpoint } from '../../test/builders/checkpoint.js';
import type { Checkpoint } from './checkpoint.js';
import { areSound, type Decoder, featureMaps, type FeatureSpace, matchFeatures, MOST_MAPS } from './feature-map.js';

const WIDTH = 6;
const decoderOf = (rows: readonly (readonly number[])[]): Decoder => ({
  width: WIDTH,
  data: Float32Array.from(rows.flat()),
});

/** Rows of different directions, the factors that scale them, and an order of theirs. */
const dictionary = fc
  .uniqueArray(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: WIDTH, maxLength: WIDTH }), {
    minLength: 1,
    maxLength: 12,
    selector: (row) => row.map((value) => (value / (Math.hypot(...row) || 1)).toFixed(6)).join(),
  })
  .map((rows) => rows.filter((row) => row.some((value) => value !== 0)))
  .chain((rows) =>
    fc.record({
      rows: fc.constant(rows),
      order: fc.shuffledSubarray([...rows.keys()], { minLength: rows.length, maxLength: rows.length }),
      scale: fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), {
        minLength: rows.length,
        maxLength: rows.length,
      }),
    }),
  );

describe('matchFeatures', () => {
  it('matches a permuted dictionary back exactly, however long its rows are', () => {
    fc.assert(
      fc.property(dictionary, ({ rows, order, scale }) => {
        const permuted = order.map((from, to) => rows[from]!.map((value) => value * scale[to]!));
        const expected = order.map((from, to) => [from, to] as const).sort(([a], [b]) => a - b);
        expect(matchFeatures(decoderOf(rows), decoderOf(permuted))).toEqual(expected);
      }),
    );
  });

  it('matches each feature at most once, whatever the two are', () => {
    fc.assert(
      fc.property(dictionary, dictionary, ({ rows: a }, { rows: b }) => {
        const pairs = matchFeatures(decoderOf(a), decoderOf(b), 0.1);
        expect(areSound(pairs, b.length)).toBe(true);
        expect(matchFeatures(decoderOf(b), decoderOf(a), 0.1)).toHaveLength(pairs.length);
      }),
    );
  });

  it('leaves alone what is near nothing, what is dead, and what is of another width', () => {
    const [x, y] = [
      [1, 0, 0, 0, 0, 0],
      [0, 1, 0, 0, 0, 0],
    ];
    const between = [1, 1.2, 0, 0, 0, 0];
    expect(matchFeatures(decoderOf([x, y]), decoderOf([between]))).toEqual([[1, 0]]);
    expect(matchFeatures(decoderOf([x]), decoderOf([between]))).toEqual([]);
    expect(matchFeatures(decoderOf([[0, 0, 0, 0, 0, 0]]), decoderOf([x]))).toEqual([]);
    expect(matchFeatures(decoderOf([x]), { width: 3, data: Float32Array.of(1, 0, 0) })).toEqual([]);
  });
});

describe('featureMaps', () => {
  const checkpoint = tinyCheckpoint();
  const { width, features, layer, site } = checkpoint.manifest.sae;
  const decoder = { width, data: checkpoint.weights.get('sae.decoder')!.data };
  /** The same features, each one place further. */
  const turned: FeatureSpace = {
    ...{ layer, site },
    decoder: { width, data: Float32Array.from([...decoder.data.slice(width), ...decoder.data.slice(0, width)]) },
  };
  const moved = (feature: number): number => (feature + features - 1) % features;
  const before = (change: Partial<Checkpoint>): Checkpoint => ({ ...checkpoint, ...change });

  it('map from the checkpoint before, and through it from those that it knew', () => {
    const older = { content: 'aaaaaaaa', features: [[2, 5] as const, [7, 0] as const] };
    const maps = featureMaps(before({ featureMaps: [older] }), 'bbbbbbbb', turned);
    expect(maps[0]?.content).toBe('bbbbbbbb');
    expect(maps[0]?.features).toEqual(Array.from({ length: features }, (_, from) => [from, moved(from)]));
    expect(maps[1]).toEqual({
      content: 'aaaaaaaa',
      features: [
        [2, 4],
        [7, features - 1],
      ],
    });
  });

  it('reach back so far and no further', () => {
    const known = Array.from({ length: MOST_MAPS }, (_, i) => ({ content: `0000000${i}`, features: [] }));
    const maps = featureMaps(before({ featureMaps: known }), 'bbbbbbbb', turned);
    expect(maps.map(({ content }) => content)).toEqual([
      'bbbbbbbb',
      ...known.slice(0, -1).map(({ content }) => content),
    ]);
  });

  it('match nothing between dictionaries of different places', () => {
    expect(featureMaps(checkpoint, 'bbbbbbbb', { ...turned, site: 'mlp' })[0]?.features).toEqual([]);
  });
});
