import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { TINY_STEERING, tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { expectClose, tensorsLeft, tinyModel, valuesOf } from '../../test/builders/tensors.js';
import { openRuntime } from '../adapters/tfjs/runtime.js';
import type { AdapterEdit, DirectionEdit, ModelEdit } from './edit.js';
import { edited } from './edited.js';

const d = 8;
/** A negative zero shows whether nothing was added, or 0. */
const rows = [0.3, -1.2, 2.1].map((offset) =>
  Array.from({ length: d }, (_, i) => (i === 6 ? -0 : Math.cos(i * 2.3 + offset))),
);
const LAST = { layer: 2, site: 'block' } as const;

/** What passes after the last block, each row under its edits. */
function after(edits: readonly (readonly ModelEdit[])[]): number[][] {
  const x = tf.tensor2d(rows);
  const edit = edited(tinyModel(tinyCheckpoint(3)), edits);
  const flat = valuesOf(tf.tidy(() => edit?.(x, LAST) ?? x.clone()));
  x.dispose();
  return rows.map((_, b) => flat.slice(b * d, (b + 1) * d));
}

const amount = fc.double({ min: -3, max: 3, noNaN: true });
const edit: fc.Arbitrary<DirectionEdit | AdapterEdit> = fc.oneof(
  fc.record({
    kind: fc.constant('direction' as const),
    direction: fc.nat({ max: TINY_STEERING.directions - 1 }),
    amount,
  }),
  fc.record({ kind: fc.constant('adapter' as const), adapter: fc.nat({ max: TINY_STEERING.adapters - 1 }), amount }),
);

describe('directions and adapters', () => {
  beforeAll(() => openRuntime('wasm'));

  it('leave rows without edits as they were, to the bit, whoever is steered beside them', () => {
    const before = rows.map((row) => [...Float32Array.from(row)]);
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const [first, , third] = after([[], edits, []]);
        expect(first).toEqual(before[0]);
        expect(third).toEqual(before[2]);
      }),
      { numRuns: 30 },
    );
  });

  it('add up, in whatever order they come, and amounts on one of them too', () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 2, maxLength: 5 }), (edits) => {
        const [first, second] = after([edits, edits.toReversed(), []]);
        const [again] = after([edits, [], []]);
        expectClose(first!, again!, 1e-5);
        const sums = Map.groupBy(edits, (one) => JSON.stringify({ ...one, amount: 0 }));
        const summed = [...sums.values()].map((same) => ({
          ...same[0]!,
          amount: same.reduce((sum, one) => sum + one.amount, 0),
        }));
        expectClose(after([summed, [], []])[0]!, first!, 1e-4);
        // Rows differ, so that only the sum can be held against its reverse.
        expectClose(after([[], edits, []])[1]!, second!, 1e-4);
      }),
      { numRuns: 30 },
    );
  });

  it('a direction moves everyone by one vector, an adapter each by another', () => {
    const moved = (edits: ModelEdit[]): number[][] =>
      after(rows.map(() => edits)).map((row, b) => row.map((value, i) => value - rows[b]![i]!));
    const along = moved([{ kind: 'direction', direction: 1, amount: 2 }]);
    expectClose(along[1]!, along[0]!, 1e-5);
    const by = moved([{ kind: 'adapter', adapter: 1, amount: 2 }]);
    expect(Math.hypot(...by[1]!.map((value, i) => value - by[0]![i]!))).toBeGreaterThan(0.01);
  });

  it('act after blocks alone, adapters after the last one alone', () => {
    const model = tinyModel(tinyCheckpoint(3));
    const edits = rows.map((): ModelEdit[] => [{ kind: 'adapter', adapter: 0, amount: 1 }]);
    const x = tf.tensor2d(rows);
    for (const place of [
      { layer: 1, site: 'block' },
      { layer: 2, site: 'mlp' },
    ] as const)
      expect(edited(model, edits)!(x, place)).toBe(x);
    expect(edited(model, [[], [], []])).toBeUndefined();
    x.dispose();
  });

  it('leave no tensor behind', async () => {
    const model = tinyModel(tinyCheckpoint(3));
    const edits: ModelEdit[][] = [
      [{ kind: 'adapter', adapter: 0, amount: 1 }],
      [{ kind: 'direction', direction: 0, amount: 1 }],
      [],
    ];
    const x = tf.tensor2d(rows);
    expect(await tensorsLeft(() => valuesOf(edited(model, edits)!(x, LAST)))).toBe(0);
    x.dispose();
  });
});
