/** The whole engine with the real model: what was kept changes no list. Workers run from dist/. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TINY_GPTREC, TINY_SAE, TINY_SAES, tinyCheckpoint } from '../../../test/builders/checkpoint.js';
import { engineRequest, onnxEngine, Watched } from '../../../test/builders/engine.js';
import type { Edit } from '../../model/edit.js';
import type { EngineRequest, LoadedModel, Ranking } from '../../ports/engine.js';
import { windowLength } from '../../recommend/window.js';
import { PAGE } from './pages.js';

const TOLERANCE = 1e-4;
const K = 5;
const V = TINY_GPTREC.items;

/** The best of `whole`, a ranking of all items, but for swaps of items that are as good as each other. */
function expectBestOf(whole: Ranking, found: Ranking): void {
  const scores = new Map([...whole.items].map((item, rank) => [item, whole.scores[rank]!]));
  expect(found.items).toHaveLength(Math.min(K, whole.items.length));
  for (const [rank, item] of found.items.entries()) {
    expect(Math.abs(found.scores[rank]! - scores.get(item)!)).toBeLessThan(TOLERANCE);
    expect(Math.abs(whole.scores[rank]! - scores.get(item)!)).toBeLessThan(TOLERANCE);
  }
}

describe.each(TINY_SAES.filter(({ site }) => site === TINY_SAE.site))('a model with $activation.kind', (sae) => {
  const watched = new Watched();
  let warm: LoadedModel[];
  let cold: LoadedModel;
  beforeAll(async () => {
    const checkpoint = tinyCheckpoint(6, V, sae);
    const engines = [40, 2].map((pages) =>
      onnxEngine({ cacheBytes: pages * PAGE * 4, observer: watched, queue: 1000 }),
    );
    [cold, ...warm] = (await Promise.all([
      onnxEngine({ cacheBytes: 0, queue: 1000 }).load(checkpoint),
      ...engines.map((engine) => engine.load(checkpoint)),
    ])) as [LoadedModel, ...LoadedModel[]];
  });
  afterAll(() => {
    for (const model of [cold, ...warm]) model.dispose();
  });

  /** Each call after the one before it, by what is kept; and everything at once, by what is not. */
  async function expectWarmIsCold(model: LoadedModel, calls: readonly (readonly EngineRequest[])[]): Promise<void> {
    const found: Ranking[] = [];
    for (const call of calls) found.push(...(await model.recommend(call)));
    const whole = await cold.recommend(calls.flat().map((request) => ({ ...request, k: V })));
    for (const [i, ranking] of found.entries()) expectBestOf(whole[i]!, ranking);
  }

  it('lists after a slider was on and off again what it lists cold', async () => {
    const strong: Edit[] = [
      { kind: 'latent', layer: 1, feature: 3, mode: 'replace', amount: 40 },
      { kind: 'direction', direction: 1, amount: 20 },
    ];
    const items = [3, 1, 4, 1, 5, 9, 2, 6];
    const calls = items.map((_, n) => {
      const edits = n === 3 || n === 4 ? strong : [];
      return [engineRequest(items.slice(0, n + 1), { edits, k: K })];
    });
    watched.found.length = 0;
    await expectWarmIsCold(warm[0]!, calls);
    expect(watched.found).toEqual(['none', ...items.slice(1).map(() => 'longer')]);
    expect(await warm[0]!.recommend(calls[4]!)).not.toEqual(await warm[0]!.recommend(calls[5]!));
  });

  it('lists what it lists cold after any events and sliders, over chunks, with much memory or little', async () => {
    const edit = fc.oneof(
      fc.record({
        kind: fc.constant('latent' as const),
        layer: fc.constant(1),
        feature: fc.nat(TINY_SAE.features - 1),
        mode: fc.constantFrom('replace' as const, 'delta' as const, 'add' as const),
        amount: fc.integer({ min: -4, max: 4 }),
      }),
      fc.record({
        kind: fc.constant('direction' as const),
        direction: fc.nat(1),
        amount: fc.integer({ min: -2, max: 2 }),
      }),
      fc.record({ kind: fc.constant('score' as const), attribute: fc.nat(1), amount: fc.integer({ min: -2, max: 2 }) }),
    );
    const ask = fc.record({
      user: fc.nat(3),
      item: fc.option(fc.nat(V - 1)),
      edits: fc.array(edit, { maxLength: 3 }),
      excluded: fc.uniqueArray(fc.nat(V - 1), { maxLength: 4 }),
    });
    const asks = fc.array(fc.array(ask, { minLength: 1, maxLength: 5 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(asks, fc.nat(1), async (calls, which) => {
        const sequences: number[][] = [[0], [1], [2], [3]];
        const requests = calls.map((call) =>
          call.map(({ user, item, edits, excluded }) => {
            const sequence = sequences[user]!;
            if (item !== null) sequence.push(item);
            const window = sequence.slice(-windowLength(sequence.length, TINY_GPTREC.window));
            return engineRequest(window, { edits, excluded, k: K });
          }),
        );
        await expectWarmIsCold(warm[which]!, requests);
      }),
      { numRuns: 40 },
    );
  });
});
