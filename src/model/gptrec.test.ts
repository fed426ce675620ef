import * as tf from '@tensorflow/tfjs';
import type { Tensor2D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { TINY_GPTREC, tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { referenceForward } from '../../test/builders/reference-model.js';
import { expectClose, isNativeMissing, tensorsLeft, tinyModel, valuesOf } from '../../test/builders/tensors.js';
import { openRuntime, type RuntimeName } from '../adapters/tfjs/runtime.js';
import { type Hook, scores, trunk } from './gptrec.js';

const { window: L, width: d, items: V, heads } = TINY_GPTREC;
const WINDOWS = [
  [3, 1, 4, 1, 5, 9, 2, 6],
  [11, 0, 7, 7, 10, 8, 0, 3],
];

function forward(model: ReturnType<typeof tinyModel>, windows: readonly (readonly number[])[]): number[] {
  return valuesOf(
    tf.tidy(() => {
      const inputs = tf.tensor2d(windows.flat(), [windows.length, windows[0]!.length], 'int32');
      const states = trunk(model.gptrec, heads, inputs);
      return scores(model.gptrec, states.reshape([-1, d]) as Tensor2D);
    }),
  );
}

const runtimes: readonly (readonly [RuntimeName, string, boolean])[] = [
  ['wasm', 'WebAssembly', false],
  ['tensorflow', 'native TensorFlow (skipped where `npm run native` has not been run)', isNativeMissing],
];

describe.each(runtimes)('GPTRec on %s: %s', (name, _, isMissing) => {
  const test = it.skipIf(isMissing);
  beforeAll(async () => {
    if (!isMissing) await openRuntime(name);
  });

  test('is the model of its equations, at every position', () => {
    const checkpoint = tinyCheckpoint(7);
    const actual = forward(tinyModel(checkpoint), WINDOWS);
    const expected = WINDOWS.flatMap((window) => referenceForward(checkpoint, window).logits).flat();
    expectClose(actual, expected);
  });

  test('gives the residual stream after each block, and stops there', () => {
    const checkpoint = tinyCheckpoint(7);
    const model = tinyModel(checkpoint);
    const { streams } = referenceForward(checkpoint, WINDOWS[0]!);
    for (const upTo of [1, 2]) {
      const stream = tf.tidy(() => trunk(model.gptrec, heads, tf.tensor2d(WINDOWS[0]!, [1, L], 'int32'), { upTo }));
      expect(stream.shape).toEqual([1, L, d]);
      expectClose(valuesOf(stream), streams[upTo]!.flat());
    }
  });

  test('looks back only: a later item changes no earlier position', () => {
    const model = tinyModel();
    const [window] = WINDOWS;
    const before = forward(model, [window!]);
    for (let changed = 1; changed < L; changed++) {
      const other = window!.with(changed, (window![changed]! + 5) % V);
      const after = forward(model, [other]);
      expectClose(after.slice(0, changed * V), before.slice(0, changed * V), 1e-6);
      expect(after.slice(changed * V)).not.toEqual(before.slice(changed * V));
    }
  });

  test('keeps padding out of every real position', () => {
    const model = tinyModel();
    const short = [3, 1, 4];
    const alone = forward(model, [short]);
    for (const padding of [0, 9]) {
      const padded = forward(model, [[...short, ...Array.from({ length: L - 3 }, () => padding)]]);
      expectClose(padded.slice(0, 3 * V), alone, 1e-5);
    }
  });

  test('shows interventions what every block adds and leaves, and goes on with what they return', () => {
    const checkpoint = tinyCheckpoint();
    const model = tinyModel(checkpoint);
    const seen: string[] = [];
    const hook: Hook = (x, { layer, site }) => {
      seen.push(`${layer} ${site}`);
      return layer === 2 && site === 'block' ? tf.zerosLike(x) : x;
    };
    const out = valuesOf(
      tf.tidy(() => trunk(model.gptrec, heads, tf.tensor2d(WINDOWS[0]!, [1, L], 'int32'), { hook })),
    );
    expect(seen).toEqual([1, 2].flatMap((layer) => ['attention', 'mlp', 'block'].map((site) => `${layer} ${site}`)));
    const shift = [...checkpoint.weights.get('gptrec.norm.shift')!.data];
    expectClose(out, Array.from({ length: L }, () => shift).flat(), 1e-5);
  });

  test('uses dropout on embeddings, attention weights and both branches of each block', () => {
    const shapes: string[] = [];
    const dropout = (x: tf.Tensor): tf.Tensor => {
      shapes.push(x.shape.join());
      return x;
    };
    const model = tinyModel();
    tf.tidy(() => trunk(model.gptrec, heads, tf.tensor2d(WINDOWS.flat(), [2, L], 'int32'), { dropout }));
    const block = [`2,${heads},${L},${L}`, `${2 * L},${d}`, `${2 * L},${d}`];
    expect(shapes).toEqual([`2,${L},${d}`, ...block, ...block]);
  });

  test('leaves no tensor behind', async () => {
    const model = tinyModel();
    expect(await tensorsLeft(() => forward(model, WINDOWS))).toBe(0);
  });
});
