import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { TINY_SAE, tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { referenceFeatures, referenceSteer } from '../../test/builders/reference-model.js';
import { expectClose, tensorsLeft, tinyModel, valuesOf } from '../../test/builders/tensors.js';
import { openRuntime } from '../adapters/tfjs/runtime.js';
import type { LatentEdit, LatentMode } from './edit.js';
import { steer } from './steer.js';

const { width: d } = TINY_SAE;
const checkpoint = tinyCheckpoint(5);
const rows = [0.3, -1.2, 2.1, 0.9].map((offset) =>
  Array.from({ length: d }, (_, i) => (i === 6 ? -0 : Math.cos(i * 2.3 + offset))),
);
const edit = (mode: LatentMode, feature: number, amount: number): LatentEdit => ({
  kind: 'latent',
  layer: 1,
  mode,
  feature,
  amount,
});
const activeIn = (row: number): number => referenceFeatures(checkpoint, rows[row]!).findIndex((value) => value > 0.1);

function steered(edits: readonly (readonly LatentEdit[])[]): number[][] {
  const { sae } = tinyModel(checkpoint);
  const x = tf.tensor2d(rows);
  const flat = valuesOf(steer(x, sae, edits));
  x.dispose();
  return rows.map((_, b) => flat.slice(b * d, (b + 1) * d));
}

function expectReference(edits: readonly (readonly LatentEdit[])[]): void {
  const actual = steered(edits);
  for (const [b, row] of rows.entries()) expectClose(actual[b]!, referenceSteer(checkpoint, row, edits[b]!), 1e-5);
}

describe('steering', () => {
  beforeAll(() => openRuntime('wasm'));

  it.each(['replace', 'delta', 'add'] as const)(
    '%s acts as its equation says, on active and silent features',
    (mode) => {
      const features = rows.map((_, b) => activeIn(b));
      expectReference(features.map((feature) => [edit(mode, feature, 3)]));
      expectReference(rows.map(() => [edit(mode, 2, -2.5)]));
      expectReference(rows.map(() => [edit(mode, 9, 0)]));
    },
  );

  it('takes several edits at once, of every mode', () => {
    expectReference([
      [edit('delta', 1, 2), edit('delta', 4, -1), edit('add', 7, 0.5)],
      [edit('replace', 1, 2), edit('replace', 3, 0)],
      [edit('delta', 1, 2), edit('replace', 6, 4), edit('add', 1, 1)],
      [edit('add', 0, -3)],
    ]);
  });

  it('adds up amounts on one feature, and takes its activation off once', () => {
    const feature = activeIn(0);
    const others = rows.slice(1).map(() => []);
    const [twice] = steered([[edit('delta', feature, 2), edit('delta', feature, 1)], ...others]);
    const [once] = steered([[edit('delta', feature, 3)], ...others]);
    expectClose(twice!, once!, 1e-6);
    const [replaced] = steered([[edit('replace', feature, 2), edit('replace', feature, 3)], ...others]);
    expectClose(replaced!, referenceSteer(checkpoint, rows[0]!, [edit('replace', feature, 3)]), 1e-5);
  });

  it('adding needs no activation: it moves every row by the same vector', () => {
    const moved = steered(rows.map(() => [edit('add', 5, 2)]));
    const shift = (b: number): number[] => moved[b]!.map((value, i) => value - rows[b]![i]!);
    for (let b = 1; b < rows.length; b++) expectClose(shift(b), shift(0), 1e-5);
  });

  it('leaves rows without edits as they were, to the bit, beside rows with edits', () => {
    const before = rows.map((row) => [...Float32Array.from(row)]);
    const mixed = steered([[], [edit('replace', 1, 2)], [], [edit('delta', 1, 2), edit('add', 3, 1)]]);
    expect(mixed[0]).toEqual(before[0]);
    expect(mixed[2]).toEqual(before[2]);
    expect(mixed[1]).not.toEqual(before[1]);
    expect(mixed[3]).not.toEqual(before[3]);
  });

  it('returns its very argument when there is no edit', () => {
    const { sae } = tinyModel(checkpoint);
    const x = tf.tensor2d(rows);
    expect(
      steer(
        x,
        sae,
        rows.map(() => []),
      ),
    ).toBe(x);
  });

  it('leaves no tensor behind', async () => {
    const { sae } = tinyModel(checkpoint);
    const x = tf.tensor2d(rows);
    const edits = [[edit('replace', 1, 2)], [edit('delta', 1, 2)], [], [edit('add', 1, 1)]];
    expect(await tensorsLeft(() => valuesOf(steer(x, sae, edits)))).toBe(0);
  });
});
