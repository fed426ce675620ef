import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  TINY_GPTREC,
  TINY_SAE,
  TINY_SAES,
  TINY_STEERING,
  tinyCheckpoint,
  type TinyShape,
} from '../../../test/builders/checkpoint.js';
import { pastOf } from '../../../test/builders/past.js';
import { testProvider } from '../../../test/builders/provider.js';
import { referenceForward } from '../../../test/builders/reference-model.js';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { type Edit, isModelEdit } from '../../model/edit.js';
import { rankScores } from '../../model/rank.js';
import type { SaeShape, SteeringShape } from '../../model/shapes.js';
import type { EngineRequest, Ranking } from '../../ports/engine.js';
import { letGo } from './let-go.js';
import { type OnnxModel, openOnnxModel } from './onnx-model.js';

/** More than two blocks of items, and not a whole number of them. */
const ITEMS = 300;
const { window: LONGEST } = TINY_GPTREC;
const TOLERANCE = 1e-4;

const index = (count: number): fc.Arbitrary<number> => fc.nat(count - 1);
const amount = fc.integer({ min: -8, max: 8 }).map((value) => value / 2);
const edits = (layer: number, { directions, adapters }: SteeringShape): fc.Arbitrary<Edit> =>
  fc.oneof(
    fc.record({
      kind: fc.constant('latent' as const),
      layer: fc.constant(layer),
      mode: fc.constantFrom('replace' as const, 'delta' as const, 'add' as const),
      feature: index(16),
      amount,
    }),
    ...(directions > 0
      ? [fc.record({ kind: fc.constant('direction' as const), direction: index(directions), amount })]
      : []),
    ...(adapters > 0 ? [fc.record({ kind: fc.constant('adapter' as const), adapter: index(adapters), amount })] : []),
    fc.record({ kind: fc.constant('score' as const), attribute: index(2), amount }),
  );
/** Few masks, as contexts are few. */
const MASKS = [0, 3, 2].map((every) =>
  Uint8Array.from({ length: ITEMS }, (_, item) => (every > 0 && item % every === 0 ? 1 : 0)),
);
const request = (edit: fc.Arbitrary<Edit>): fc.Arbitrary<EngineRequest> =>
  fc.record({
    window: fc.array(index(ITEMS), { minLength: 1, maxLength: LONGEST }).map((items) => Int32Array.from(items)),
    // The reference takes a feature's own activation off for each delta edit of it; one of a kind is enough here.
    edits: fc.uniqueArray(edit, { maxLength: 4, selector: ({ amount: _, ...what }) => JSON.stringify(what) }),
    blocked: fc.constantFrom(...MASKS),
    excluded: fc.array(index(ITEMS), { maxLength: 20 }),
    k: fc.constantFrom(1, 5, 10, 150, ITEMS, 500),
  });
const batchOf = (layer: number, steering: SteeringShape): fc.Arbitrary<EngineRequest[]> =>
  fc.array(request(edits(layer, steering)), { minLength: 1, maxLength: 6 });

function reference(checkpoint: Checkpoint, one: EngineRequest): Ranking {
  const { logits } = referenceForward(checkpoint, [...one.window], one.edits.filter(isModelEdit));
  return rankScores(Float32Array.from(logits.at(-1)!), one, checkpoint.attributes.items);
}

/** The same list, but for swaps of items that are as good as equal. */
function expectSame(actual: Ranking, expected: Ranking): void {
  expect(actual.items).toHaveLength(expected.items.length);
  expect(new Set(actual.items).size).toBe(actual.items.length);
  const by = new Map([...expected.items].map((item, rank) => [item, expected.scores[rank]!]));
  for (const [rank, item] of actual.items.entries()) {
    expect(Math.abs(actual.scores[rank]! - expected.scores[rank]!)).toBeLessThan(TOLERANCE);
    const own = by.get(item) ?? expected.scores.at(-1)!;
    expect(Math.abs(own - expected.scores[rank]!)).toBeLessThan(2 * TOLERANCE);
  }
}

const NO_STEERING = { directions: 0, adapters: 0, hidden: TINY_STEERING.hidden };
const SHAPES: readonly (readonly [string, SaeShape, TinyShape])[] = [
  ...TINY_SAES.map((sae) => [`an SAE that reads the ${sae.site} and ends in ${sae.activation.kind}`, sae, {}] as const),
  ['one block of one head', TINY_SAE, { layers: 1, heads: 1 }],
  ['three blocks of four heads', TINY_SAE, { layers: 3, heads: 4 }],
  ['edits in the second of three blocks alone', { ...TINY_SAE, layer: 2 }, { layers: 3, steering: NO_STEERING }],
  ['edits in the last block alone', { ...TINY_SAE, layer: 3 }, { layers: 3, heads: 8, steering: NO_STEERING }],
];

describe.each(SHAPES)('the graphs of a checkpoint with %s', (_, sae, shape) => {
  const checkpoint = tinyCheckpoint(6, ITEMS, sae, shape);
  const { gptrec, steering } = checkpoint.manifest;
  const perPosition = gptrec.layers * gptrec.width;
  const batch = batchOf(sae.layer, steering);
  let model: OnnxModel;
  beforeAll(async () => {
    model = await openOnnxModel(checkpoint, { provider: testProvider ?? 'cpu', threads: 1 });
  });
  afterAll(() => model.release());

  it('rank as the reference does, whole windows and one step, whatever is asked for side by side', async () => {
    await fc.assert(
      fc.asyncProperty(batch, async (requests) => {
        const whole = await model.window(requests);
        const stepped = await model.step(requests, ...(await pastOf(model, gptrec, requests)));
        const L = Math.max(...requests.map(({ window }) => window.length));
        for (const [b, one] of requests.entries()) {
          const expected = reference(checkpoint, one);
          expectSame(whole.rankings[b]!, expected);
          expectSame(stepped.rankings[b]!, expected);
          const last = (b * L + one.window.length - 1) * perPosition;
          const fromWindow = whole.kept.subarray(last, last + perPosition);
          const fromStep = stepped.kept.subarray(b * perPosition, (b + 1) * perPosition);
          for (const [i, value] of fromStep.entries()) expect(Math.abs(value - fromWindow[i]!)).toBeLessThan(TOLERANCE);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('leave what is kept and the lists of others as they are, to the bit, whoever is steered', async () => {
    await fc.assert(
      fc.asyncProperty(batch, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), async (requests, isSteered) => {
        const mixed = requests.map((one, b) => (isSteered[b] ? one : { ...one, edits: [] }));
        const plain = mixed.map((one) => ({ ...one, edits: [] }));
        const past = await pastOf(model, gptrec, plain);
        for (const run of [
          (all: EngineRequest[]) => model.window(all),
          (all: EngineRequest[]) => model.step(all, ...past),
        ]) {
          const [steered, unsteered] = [await run(mixed), await run(plain)];
          expect(steered.kept).toEqual(unsteered.kept);
          for (const [b, one] of mixed.entries()) {
            if (one.edits.length === 0) expect(steered.rankings[b]).toEqual(unsteered.rankings[b]);
          }
        }
      }),
      { numRuns: 20 },
    );
  });
});

it('give what is to be kept in memory that is given back as soon as one lets go of it', async () => {
  const model = await openOnnxModel(tinyCheckpoint(6, ITEMS), { provider: 'cpu', threads: 1 });
  onTestFinished(() => model.release());
  const one = { window: new Int32Array(LONGEST), edits: [], blocked: MASKS[0]!, excluded: [], k: 1 };
  const { kept } = await model.window(Array.from({ length: 512 }, () => one));
  const bytes = kept.byteLength;
  const before = process.memoryUsage().arrayBuffers;
  letGo(kept);
  expect(kept).toHaveLength(0);
  expect(before - process.memoryUsage().arrayBuffers).toBeGreaterThanOrEqual(bytes);
});

const isCudaMissing = !existsSync(
  resolve(
    `node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/libonnxruntime_providers_cuda.so`,
  ),
);

it.runIf(isCudaMissing)('say how CUDA is had, where it is not (runs only there)', async () => {
  const opened = openOnnxModel(tinyCheckpoint(), { provider: 'cuda', threads: 1 });
  await expect(opened).rejects.toThrow('ONNX Runtime cannot use cuda: its library is not part of the package');
});
