import { describe, expect, it } from 'vitest';
import { tinyCheckpoint } from '../../test/builders/checkpoint.js';
import type { Edit } from '../model/edit.js';
import type { EngineRequest, LoadedModel } from '../ports/engine.js';
import { type Tried, tryOut } from './trial.js';

type Score = (item: string, request: EngineRequest) => number;

const checkpoint = tinyCheckpoint(1, 40);
/** The same items, in another order. */
const reversed = {
  ...checkpoint,
  vocabulary: { ...checkpoint.vocabulary, items: checkpoint.vocabulary.items.toReversed() },
};
const numberOf = (item: string): number => Number(item.slice(1));

/** A model that ranks items by a score of their ids; `asked` are the windows that it saw unsteered, as ids. */
function tried(score: Score, of = checkpoint): Tried & { readonly asked: string[][] } {
  const ids = of.vocabulary.items;
  const asked: string[][] = [];
  const model: LoadedModel = {
    dispose: () => undefined,
    async recommend(requests) {
      return requests.map((request) => {
        if (request.edits.length === 0) asked.push(Array.from(request.window, (item) => ids[item]!));
        const scored = ids.flatMap((item, i) => (request.blocked[i] ? [] : [{ i, score: score(item, request) }]));
        const best = scored.sort((a, b) => b.score - a.score).slice(0, request.k);
        return { items: Int32Array.from(best, ({ i }) => i), scores: Float32Array.from(best, (one) => one.score) };
      });
    },
  };
  return { checkpoint: of, model, asked };
}

const byNumber: Score = (item) => numberOf(item);
/** Another list for each last item. */
const personal =
  (ids: readonly string[]): Score =>
  (item, { window }) =>
    -Math.abs(numberOf(item) - numberOf(ids[window.at(-1)!]!) - 0.3);
const usual = tried(personal(checkpoint.vocabulary.items));

describe('a trial', () => {
  it('lets the event loop turn before it asks either model', async () => {
    let [turns, isDone] = [0, false];
    const turn = (): void => {
      turns += 1;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    const seen: number[] = [];
    const watched = (): Tried => {
      const { checkpoint: of, model } = tried(personal(checkpoint.vocabulary.items));
      const recommend: LoadedModel['recommend'] = (requests) => {
        seen.push(turns);
        return model.recommend(requests);
      };
      return { checkpoint: of, model: { ...model, recommend } };
    };
    await tryOut(watched(), watched());
    isDone = true;
    // Two indexes, what is in both, the windows, and the mask of either.
    expect(seen[0]).toBeGreaterThanOrEqual(4);
    expect(seen[1]! - seen[0]!).toBeGreaterThanOrEqual(1);
  });

  it('has nothing to say of what is alone', async () => {
    expect(await tryOut(tried(byNumber), undefined)).toBeUndefined();
  });

  it('finds that the same model agrees with itself, however its items are numbered', async () => {
    expect(await tryOut(tried(personal(reversed.vocabulary.items), reversed), usual)).toBe(1);
  });

  it('finds what two lists have in common', async () => {
    const low = tried((item) => -numberOf(item));
    expect(await tryOut(tried(byNumber), low)).toBe(0);
    expect(
      await tryOut(
        tried((item) => numberOf(item) % 35),
        tried(byNumber),
      ),
    ).toBeCloseTo(0.5);
  });

  it('compares by windows and lists of items that both know, always the same ones', async () => {
    const fewer = tinyCheckpoint(2, 15);
    const [next, serving] = [tried(byNumber), tried(byNumber, fewer)];
    expect(await tryOut(next, serving)).toBe(1);
    expect(next.asked).toEqual(serving.asked);
    expect(new Set(next.asked.flat()).size).toBe(15);
    expect(new Set(next.asked.map(({ length }) => length)).size).toBeGreaterThan(3);
    const again = tried(byNumber);
    await tryOut(again, serving);
    expect(again.asked).toEqual(next.asked);
  });

  it('has nothing to compare where no item is known to both', async () => {
    const other = {
      ...checkpoint,
      vocabulary: { ...checkpoint.vocabulary, items: checkpoint.vocabulary.items.map((id) => `x${id}`) },
    };
    expect(
      await tryOut(
        tried(byNumber),
        tried(() => 0, other),
      ),
    ).toBeUndefined();
  });

  it('refuses what is absurd', async () => {
    await expect(
      tryOut(
        tried(() => Number.NaN),
        undefined,
      ),
    ).rejects.toThrow('not finite');
    const nothing: LoadedModel = {
      dispose: () => undefined,
      recommend: async (requests) => requests.map(() => ({ items: new Int32Array(), scores: new Float32Array() })),
    };
    await expect(tryOut({ checkpoint, model: nothing }, undefined)).rejects.toThrow('ranks nothing');
    await expect(tryOut(tried(byNumber), usual)).rejects.toThrow('one list to 64 different windows');
  });

  it('refuses what is absurd only when it is steered, and says by what', async () => {
    const unless =
      (isBad: (edit: Edit) => boolean): Score =>
      (item, { edits }) =>
        edits.some(isBad) ? Number.NaN : numberOf(item);
    const upwards = tried(unless((edit) => edit.kind === 'latent' && edit.amount > 0));
    await expect(tryOut(upwards, undefined)).rejects.toThrow('steered by {"genre/Low":1}, gives scores that are not');
    const downwards = tried(unless((edit) => edit.kind === 'score' && edit.amount < 0));
    await expect(tryOut(downwards, undefined)).rejects.toThrow('steered by {"genre/Even":-1}, gives scores that are');
    const nothing: LoadedModel = {
      dispose: () => undefined,
      recommend: async (requests) =>
        requests.map(({ edits }) => ({ items: Int32Array.of(1).subarray(edits.length), scores: new Float32Array() })),
    };
    await expect(tryOut({ checkpoint, model: nothing }, undefined)).rejects.toThrow('ranks nothing');
  });

  it('steers by each attribute both ways, however many there are', async () => {
    for (const count of [0, 3, 100]) {
      const [example] = checkpoint.steeringMap.attributes;
      const names = Array.from({ length: count }, (_, a) => `a${a}`);
      const many = {
        ...checkpoint,
        attributes: { names, items: names.map(() => Int32Array.of(0)) },
        steeringMap: { ...checkpoint.steeringMap, attributes: names.map((attribute) => ({ ...example!, attribute })) },
      };
      const seen = new Set<string>();
      const score: Score = (item, { edits }) => {
        for (const edit of edits) if (edit.kind === 'score') seen.add(`${edit.attribute} ${Math.sign(edit.amount)}`);
        return numberOf(item);
      };
      await tryOut(tried(score, many), undefined);
      expect(seen.size).toBe(2 * count);
    }
  });

  it('lets one list for everybody pass where that was so before', async () => {
    expect(await tryOut(tried(byNumber), tried(byNumber))).toBe(1);
  });
});
