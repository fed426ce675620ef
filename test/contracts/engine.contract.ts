/** What every engine promises (src/ports/engine.ts), held to the reference model of plain loops. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import { type Edit, isModelEdit, type LatentEdit } from '../../src/model/edit.js';
import type { Engine, EngineRequest, LoadedModel } from '../../src/ports/engine.js';
import { TINY_ITEMS, TINY_SAES, tinyCheckpoint, tinyDraft } from '../builders/checkpoint.js';
import { referenceForward } from '../builders/reference-model.js';

const V = TINY_ITEMS.length;
const TOLERANCE = 1e-4;
const latent = (mode: LatentEdit['mode'], feature: number, amount: number): Edit => ({
  kind: 'latent',
  layer: 1,
  mode,
  feature,
  amount,
});

function request(window: readonly number[], given: Partial<EngineRequest> = {}): EngineRequest {
  const rules = { edits: [], blocked: new Uint8Array(V), excluded: [], k: 10 };
  return { window: Int32Array.from(window), ...rules, ...given };
}

/** Scores of all items, by the reference. */
function referenceScores(checkpoint: Checkpoint, { window, edits }: EngineRequest): number[] {
  const scores = referenceForward(checkpoint, [...window], edits.filter(isModelEdit)).logits.at(-1)!;
  for (const edit of edits) {
    if (edit.kind !== 'score') continue;
    for (const item of checkpoint.attributes.items[edit.attribute]!) scores[item]! += edit.amount;
  }
  return scores;
}

/** What an item's score is made of: its embedding with what the ranking was made by, and score edits. */
function productWith(query: Float32Array, item: number, { weights, attributes }: Checkpoint, { edits }: EngineRequest) {
  const embedding = weights.get('gptrec.items')!.data.subarray(item * query.length, (item + 1) * query.length);
  const added = edits.map((edit) => {
    return edit.kind === 'score' && attributes.items[edit.attribute]!.includes(item) ? edit.amount : 0;
  });
  return query.reduce((sum, value, d) => sum + value * embedding[d]!, 0) + added.reduce((sum, one) => sum + one, 0);
}

/** The list is the reference's, but for swaps of items whose reference scores are as good as equal. */
async function expectParity(
  model: LoadedModel,
  checkpoint: Checkpoint,
  requests: readonly EngineRequest[],
): Promise<void> {
  const rankings = await model.recommend(requests);
  expect(rankings).toHaveLength(requests.length);
  for (const [i, one] of requests.entries()) {
    const { items, scores, query } = rankings[i]!;
    const reference = referenceScores(checkpoint, one);
    const allowed = reference.filter((_, item) => one.blocked[item] !== 1 && !one.excluded.includes(item));
    const best = allowed.sort((a, b) => b - a).slice(0, one.k);
    expect(items).toHaveLength(best.length);
    expect(new Set(items).size).toBe(items.length);
    for (const [rank, item] of items.entries()) {
      expect(one.blocked[item] === 1 || one.excluded.includes(item)).toBe(false);
      expect(Math.abs(scores[rank]! - reference[item]!)).toBeLessThan(TOLERANCE);
      expect(Math.abs(reference[item]! - best[rank]!)).toBeLessThan(TOLERANCE);
      expect(Math.abs(productWith(query!, item, checkpoint, one) - reference[item]!)).toBeLessThan(TOLERANCE);
    }
  }
}

/** @param openEngine is called once */
export function engineContract(name: string, openEngine: () => Promise<Engine>, skip = false): void {
  describe.skipIf(skip)(`${name} as an Engine`, () => {
    const checkpoint = tinyCheckpoint(6);
    let engine: Engine;
    let model: LoadedModel;
    beforeAll(async () => {
      engine = await openEngine();
      model = await engine.load(checkpoint);
    });
    afterAll(() => model.dispose());

    it('has a name', () => {
      expect(engine.name).toMatch(/^[a-z]+-[a-z]+$/);
    });

    it('scores and ranks as the reference does, windows of one item to the longest', async () => {
      const windows = [[3], [3, 1], [11, 0, 7, 7], [3, 1, 4, 1, 5, 9, 2, 6]];
      await expectParity(
        model,
        checkpoint,
        windows.map((window) => request(window)),
      );
    });

    it('gives as many as were asked for, where as many may be listed', async () => {
      const requests = [0, 1, 5, V, V + 9].map((k) => request([3, 1, 4], { k }));
      await expectParity(model, checkpoint, requests);
      const [none, , , all, more] = await model.recommend(requests);
      expect([none!.items.length, all!.items.length, more!.items.length]).toEqual([0, V, V]);
    });

    it('lists nothing that is blocked or excluded', async () => {
      const blocked = Uint8Array.from({ length: V }, (_, item) => (item % 3 === 0 ? 1 : 0));
      await expectParity(model, checkpoint, [
        request([3, 1, 4], { blocked, excluded: [1, 2] }),
        request([3, 1, 4], { excluded: [3, 1, 4, 3] }),
        request([3, 1, 4], { blocked: new Uint8Array(V).fill(1) }),
        request([3, 1, 4]),
      ]);
    });

    it.each([
      ['replace', [latent('replace', 3, 4)]],
      ['delta', [latent('delta', 3, 4)]],
      ['add', [latent('add', 3, 4)]],
      ['score', [{ kind: 'score', attribute: 1, amount: 2.5 }]],
      ['direction', [{ kind: 'direction', direction: 1, amount: 2 }]],
      ['adapter', [{ kind: 'adapter', adapter: 1, amount: 2 }]],
      [
        'hybrid',
        [
          { kind: 'score', attribute: 1, amount: 2.5 },
          { kind: 'direction', direction: 0, amount: 0.5 },
          { kind: 'direction', direction: 1, amount: 1 },
          { kind: 'adapter', adapter: 0, amount: -1 },
        ],
      ],
      ['several', [latent('delta', 3, 4), latent('add', 5, -1), { kind: 'score', attribute: 0, amount: -1 }]],
    ] satisfies [string, Edit[]][])('acts on edits: %s, beside a request without', async (_, edits) => {
      const steered = request([3, 1, 4], { edits });
      const plain = request([3, 1, 4]);
      await expectParity(model, checkpoint, [plain, steered, request([8, 8], { edits })]);
      const [unsteered, other] = await model.recommend([plain, steered]);
      expect([...other!.scores]).not.toEqual([...unsteered!.scores]);
    });

    it('without edits is the unsteered model, to the bit, whoever is steered beside it', async () => {
      const neighbours = (edits: Edit[]): EngineRequest[] => [request([3, 1, 4]), request([8, 8], { edits })];
      const [alone] = await model.recommend(neighbours([]));
      for (const edits of [
        [latent('delta', 2, 50), latent('replace', 1, 50)],
        [{ kind: 'direction', direction: 1, amount: 50 } as const],
        [{ kind: 'adapter', adapter: 1, amount: 50 } as const],
      ]) {
        const [beside] = await model.recommend(neighbours(edits));
        expect(beside).toEqual(alone);
      }
    });

    it('takes batches of any size, in order, none too', async () => {
      const many = Array.from({ length: 150 }, (_, i) => request([i % V, (i * 5) % V, (i * 7) % V], { k: 3 }));
      await expectParity(model, checkpoint, many);
      expect(await model.recommend([])).toEqual([]);
    });

    it('orders ties by lower index', async () => {
      const draft = tinyDraft(6);
      const items = draft.weights.get('gptrec.items')!;
      const same = Float32Array.from(items.data, (_, i) => items.data[i % 8]!);
      const weights = new Map([...draft.weights, ['gptrec.items', { ...items, data: same }] as const]);
      const tied = await engine.load({ ...checkpoint, weights });
      const [ranking] = await tied.recommend([request([3], { k: 5, excluded: [1] })]);
      expect([...ranking!.items]).toEqual([0, 2, 3, 4, 5]);
      tied.dispose();
    });

    it.each(TINY_SAES)('serves an SAE that reads the $site and ends in $activation.kind', async (sae) => {
      const other = tinyCheckpoint(6, V, sae);
      const second = await engine.load(other);
      const edits = [latent('delta', 3, 4), latent('replace', 5, 2)];
      await expectParity(second, other, [
        request([3, 1, 4]),
        ...edits.map((edit) => request([3, 1, 4], { edits: [edit] })),
        request([8, 8], { edits }),
      ]);
      second.dispose();
    });

    it('serves several checkpoints side by side, and one goes on when another is let go', async () => {
      const other = tinyCheckpoint(7);
      const second = await engine.load(other);
      await expectParity(second, other, [request([3, 1, 4])]);
      second.dispose();
      await expectParity(model, checkpoint, [request([3, 1, 4])]);
    });
  });
}
