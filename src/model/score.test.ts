import { beforeAll, describe, expect, it } from 'vitest';
import { TINY_GPTREC, TINY_SAES, tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { referenceForward } from '../../test/builders/reference-model.js';
import { expectClose, tensorsLeft, tinyModel, valuesOf } from '../../test/builders/tensors.js';
import { openRuntime } from '../adapters/tfjs/runtime.js';
import type { LatentEdit, ModelEdit } from './edit.js';
import { activations, lastScores, packWindows } from './score.js';
import { SITES } from './shapes.js';

const { items: V, width: d } = TINY_GPTREC;
const checkpoint = tinyCheckpoint(2);
const EVERYWHERE = [1, 2].flatMap((layer) => SITES.map((site) => ({ layer, site })));
/** Of different lengths: one is as long as the model's window. */
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

const reference = (window: Int32Array, edits: readonly ModelEdit[] = []): number[] =>
  referenceForward(checkpoint, [...window], edits).logits.at(-1)!;

describe('scores of a forward call', () => {
  beforeAll(() => openRuntime('wasm'));
  const run = (edits?: readonly (readonly ModelEdit[])[], windows = WINDOWS): number[] =>
    valuesOf(lastScores(tinyModel(checkpoint), windows, edits));

  it('are those of each window’s last position, whatever lies beside it', () => {
    expectClose(
      run(),
      WINDOWS.flatMap((window) => reference(window)),
    );
  });

  it.each(['replace', 'delta', 'add'] as const)('%s acts on the last position alone', (mode) => {
    const edits = [[edit(mode, 2, 4)], [edit(mode, 7, -2), edit(mode, 1, 3)], [edit(mode, 2, 0)]];
    expectClose(
      run(edits),
      WINDOWS.flatMap((window, b) => reference(window, edits[b])),
    );
  });

  it.each([
    ['directions', [[along(0, 2)], [along(1, -1)], [along(0, 0.5), along(1, 1), along(0, 1)]]],
    ['adapters', [[by(0, 2)], [by(1, -1)], [by(0, 0.5), by(1, 1), by(0, 1)]]],
    [
      'all kinds at once',
      [[along(0, 2), by(1, 1), edit('delta', 2, 4)], [by(0, 1)], [edit('replace', 1, 3), along(1, 1)]],
    ],
  ])('%s act on the last position alone, and add up', (_, edits) => {
    expectClose(
      run(edits),
      WINDOWS.flatMap((window, b) => reference(window, edits[b])),
    );
  });

  it('without edits are the unsteered ones, to the bit: no list of edits, or an empty one for each', () => {
    expect(run([[], [], []])).toEqual(run());
    expect(run([])).toEqual(run());
  });

  it('of rows without edits are the unsteered ones, to the bit, in a batch where others are steered', () => {
    const plain = run();
    for (const edits of [
      [edit('replace', 2, 9), edit('delta', 3, 5)],
      [along(0, 3)],
      [by(0, 3)],
      [along(1, 2), by(1, 2)],
    ]) {
      const mixed = run([[], edits, []]);
      expect(mixed.slice(0, V)).toEqual(plain.slice(0, V));
      expect(mixed.slice(2 * V)).toEqual(plain.slice(2 * V));
      expect(mixed.slice(V, 2 * V)).not.toEqual(plain.slice(V, 2 * V));
    }
  });

  it('are refused for an edit where no SAE reads, and for lists of edits that are not one a window', () => {
    expect(() => run([[edit('delta', 1, 1, 2)], [], []])).toThrow('an edit acts at block 2, where no SAE reads');
    const { gptrec, heads } = tinyModel(checkpoint);
    expect(() => lastScores({ gptrec, heads }, WINDOWS, [[], [edit('delta', 1, 1)], []])).toThrow('at block 1');
    expect(() => run([[along(2, 1)], [], []])).toThrow('an edit names direction 2 of 2');
    expect(() => run([[], [by(-1, 1)], []])).toThrow('an edit names adapter -1 of 2');
    expect(() => lastScores({ gptrec, heads }, WINDOWS, [[along(0, 1)], [], []])).toThrow('direction 0 of 0');
    expect(() => run([[edit('delta', 1, 1)]])).toThrow('1 lists of edits for 3 windows');
  });

  it('packs windows to the longest, aligned left', () => {
    const { inputs, last } = packWindows(WINDOWS);
    expect(inputs.shape).toEqual([3, 8]);
    expect(valuesOf(inputs).slice(0, 8)).toEqual([4, 0, 0, 0, 0, 0, 0, 0]);
    expect([...last]).toEqual([0, 7, 2]);
  });

  it('activations are what blocks leave and what attention and MLP add, at every position, all from one call', () => {
    const all = activations(tinyModel(checkpoint), WINDOWS, EVERYWHERE).map(valuesOf);
    for (const [b, window] of WINDOWS.entries()) {
      const { streams, added } = referenceForward(checkpoint, [...window]);
      for (const [i, { layer, site }] of EVERYWHERE.entries()) {
        const expected = (site === 'block' ? streams[layer]! : added[site][layer - 1]!).flat();
        expectClose(all[i]!.slice(b * 8 * d, b * 8 * d + expected.length), expected);
      }
    }
  });

  it.each(TINY_SAES)('edits act where the SAE reads, by its activation: $site, $activation.kind', (sae) => {
    const other = tinyCheckpoint(2, V, sae);
    const edits = [[edit('replace', 2, 4)], [edit('delta', 7, -2), edit('replace', 1, 3)], [edit('delta', 2, 0)]];
    expectClose(
      valuesOf(lastScores(tinyModel(other), WINDOWS, edits)),
      WINDOWS.flatMap((window, b) => referenceForward(other, [...window], edits[b]).logits.at(-1)!),
    );
  });

  it('leave no tensor behind', async () => {
    const model = tinyModel(checkpoint);
    const edits = [[edit('replace', 2, 4)], [edit('delta', 7, -2), along(0, 1)], [by(1, 1)]];
    expect(await tensorsLeft(() => valuesOf(lastScores(model, WINDOWS, edits)))).toBe(0);
    expect(await tensorsLeft(() => activations(model, WINDOWS, EVERYWHERE).map(valuesOf))).toBe(0);
    const refused = (): unknown => {
      expect(() => lastScores(model, WINDOWS, [[edit('delta', 1, 1, 2)], [], []])).toThrow();
      return undefined;
    };
    expect(await tensorsLeft(refused)).toBe(0);
  });
});
