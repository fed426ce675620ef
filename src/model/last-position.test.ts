import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { TINY_GPTREC, TINY_SAES, tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { expectClose, isNativeMissing, tensorsLeft, tinyModel, valuesOf } from '../../test/builders/tensors.js';
import { openRuntime, type RuntimeName } from '../adapters/tfjs/runtime.js';
import type { LatentEdit, ModelEdit } from './edit.js';
import { edited } from './edited.js';
import { disposePrefix, readPrefix, scoresFrom } from './last-position.js';
import { lastScores, type ModelWithSae } from './score.js';
import type { Place } from './shapes.js';

const WINDOWS = [[4], [3, 1, 4, 1, 5, 9, 2, 6], [11, 0, 7]].map((items) => Int32Array.from(items));
const edit = (mode: LatentEdit['mode'], feature: number, amount: number, layer = 1): LatentEdit => ({
  kind: 'latent',
  layer,
  mode,
  feature,
  amount,
});
const along = (direction: number, amount: number): ModelEdit => ({ kind: 'direction', direction, amount });
const by = (adapter: number, amount: number): ModelEdit => ({ kind: 'adapter', adapter, amount });
const EDITS: readonly (readonly [string, readonly ModelEdit[][]])[] = [
  ['no edit', [[], [], []]],
  ['replace', [[edit('replace', 2, 4)], [edit('replace', 7, -2)], [edit('replace', 1, 0)]]],
  ['delta', [[edit('delta', 2, 4)], [edit('delta', 7, -2)], [edit('delta', 1, 0)]]],
  ['add', [[edit('add', 2, 4)], [edit('add', 7, -2)], [edit('add', 1, 0)]]],
  ['directions', [[along(0, 2)], [along(1, -1)], []]],
  ['adapters', [[by(0, 2)], [by(1, -1)], []]],
  [
    'edits of every kind',
    [
      [edit('add', 2, 4), along(0, 1)],
      [by(1, 1), along(1, 1), along(0, -2)],
      [edit('replace', 7, 2), by(0, 1)],
    ],
  ],
  ['all at once', [[edit('add', 2, 4), edit('delta', 3, 1)], [edit('replace', 7, 2), edit('add', 7, 1)], []]],
];

/** @param from where the prefix ends: before or where the first edit acts */
function fromPrefix(model: ModelWithSae, edits: readonly ModelEdit[][], from: Place = model.sae.shape): number[] {
  const prefix = readPrefix(model, WINDOWS, from);
  const edit = edited(model, edits) ?? ((x) => x);
  const values = valuesOf(tf.tidy(() => scoresFrom(model, prefix, edit(prefix.last, prefix), edit)));
  disposePrefix(prefix);
  return values;
}

const runtimes: readonly (readonly [RuntimeName, string, boolean])[] = [
  ['wasm', 'WebAssembly', false],
  ['tensorflow', 'native TensorFlow (skipped where `npm run native` has not been run)', isNativeMissing],
];

describe.each(runtimes)('interventions on the last position, on %s: %s', (name, _, isMissing) => {
  const test = it.skipIf(isMissing);
  beforeAll(async () => {
    if (!isMissing) await openRuntime(name);
  });

  for (const [what, edits] of EDITS) {
    test(`score as a whole forward call does: ${what}`, () => {
      const model = tinyModel(tinyCheckpoint(4));
      expectClose(fromPrefix(model, edits), valuesOf(lastScores(model, WINDOWS, edits)));
    });
  }

  test('score so after the last block too, where nothing is left to attend', () => {
    const { gptrec, heads, sae, steering = {} } = tinyModel(tinyCheckpoint(4));
    const model = { gptrec, heads, sae: { ...sae, shape: { ...sae.shape, layer: TINY_GPTREC.layers } }, steering };
    for (const [, rows] of EDITS) {
      const edits = rows.map((row) =>
        row.map((one) => (one.kind === 'latent' ? { ...one, layer: TINY_GPTREC.layers } : one)),
      );
      // Where there are directions the first of them acts after block 1, before the SAE reads.
      const expected = valuesOf(lastScores(model, WINDOWS, edits));
      expectClose(fromPrefix(model, edits, { layer: 1, site: 'block' }), expected);
      if (edits.flat().every(({ kind }) => kind !== 'direction')) expectClose(fromPrefix(model, edits), expected);
    }
  });

  for (const sae of TINY_SAES) {
    test(`score so at every site, with every activation: ${sae.site}, ${sae.activation.kind}`, () => {
      const model = tinyModel(tinyCheckpoint(4, TINY_GPTREC.items, sae));
      for (const [, edits] of EDITS) expectClose(fromPrefix(model, edits), valuesOf(lastScores(model, WINDOWS, edits)));
    });
  }

  test('can be made many times from one prefix, in any order', () => {
    const model = tinyModel(tinyCheckpoint(4));
    const prefix = readPrefix(model, WINDOWS, model.sae.shape);
    const plain = (): number[] => valuesOf(scoresFrom(model, prefix, prefix.last));
    const before = plain();
    const edit = edited(model, EDITS[1]![1])!;
    valuesOf(tf.tidy(() => scoresFrom(model, prefix, edit(prefix.last, prefix), edit)));
    expect(plain()).toEqual(before);
    disposePrefix(prefix);
  });

  test('are refused after a block that is not there', () => {
    expect(() => readPrefix(tinyModel(), WINDOWS, { layer: 3, site: 'block' })).toThrow('the model has no block 3');
  });

  test('leave no tensor behind', async () => {
    const model = tinyModel(tinyCheckpoint(4));
    expect(await tensorsLeft(() => fromPrefix(model, EDITS[1]![1]))).toBe(0);
  });
});
