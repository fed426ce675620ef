import { describe, expect, it } from 'vitest';
import { FakeCatalogue } from '../../test/builders/catalogue.js';
import { TINY_ITEMS, tinyCheckpointFiles } from '../../test/builders/checkpoint.js';
import { stateWith } from '../../test/builders/state.js';
import { contentId } from '../checkpoint/files.js';
import type { CheckpointFiles, CheckpointStore } from '../ports/checkpoint-store.js';
import type { Engine, LoadedModel, Ranking } from '../ports/engine.js';
import { Unavailable } from '../ports/errors.js';
import type { ListRequest } from './recommender.js';
import { type RefusedCheckpoint, type Serving, ServingModel } from './serving-model.js';

const REQUEST: ListRequest = {
  state: stateWith('u', ['i1']),
  source: { topic: 'interactions', partition: 0, offset: 0 },
  trigger: 'interaction',
  profile: null,
  now: 0,
};

class FakeStore implements CheckpointStore {
  readonly published: CheckpointFiles[] = [];
  failure: Error | undefined;
  looks = 0;
  list = async (): Promise<readonly number[]> => this.published.map((_, i) => i + 1);
  current = async (): Promise<number | undefined> => {
    this.looks += 1;
    return this.published.length || undefined;
  };
  read = async (sequence: number): Promise<CheckpointFiles> => {
    if (this.failure) throw this.failure;
    return this.published[sequence - 1]!;
  };
  publish = async (files: CheckpointFiles): Promise<number> => this.published.push(files);
}

/** A model that answers only when it is let, after its warm-up. */
class FakeModel implements LoadedModel {
  isDisposed = false;
  calls = 0;
  readonly #gates: (() => void)[] = [];
  constructor(readonly ranks: boolean) {}

  async recommend(requests: Parameters<LoadedModel['recommend']>[0]): Promise<readonly Ranking[]> {
    this.calls += 1;
    if (this.calls > 1) await new Promise<void>((resolve) => this.#gates.push(resolve));
    if (this.isDisposed) throw new Error('the model is disposed of');
    return requests.map(() => ({
      items: this.ranks ? Int32Array.of(0) : new Int32Array(),
      scores: Float32Array.of(1),
    }));
  }
  open(): void {
    for (const resolve of this.#gates.splice(0)) resolve();
  }
  dispose(): void {
    expect(this.isDisposed).toBe(false);
    this.isDisposed = true;
  }
}

function setUp() {
  const store = new FakeStore();
  const models: FakeModel[] = [];
  const swaps: Serving[] = [];
  const refusals: RefusedCheckpoint[] = [];
  const trouble = { ranks: true, failsToLoad: false };
  const engine: Engine = {
    name: 'fake',
    load: async () => {
      if (trouble.failsToLoad) throw new Error('out of memory');
      models.push(new FakeModel(trouble.ranks));
      return models.at(-1)!;
    },
  };
  const serving = new ServingModel({
    engine,
    store,
    catalogue: new FakeCatalogue(TINY_ITEMS),
    settings: { listSize: 3, seen: { kind: 'exclude' }, sequenceLength: 200 },
    onSwap: (one) => swaps.push(one),
    onRefusal: (one) => refusals.push(one),
  });
  return { store, models, swaps, refusals, trouble, serving };
}

describe('the serving model', () => {
  it('serves nothing before the first checkpoint', async () => {
    const { serving } = setUp();
    await serving.refresh();
    expect(serving.current).toBeUndefined();
    await expect(serving.recommend([REQUEST])).rejects.toThrow(Unavailable);
  });

  it('takes up a checkpoint warm, and names it by number and content', async () => {
    const { serving, store, models, swaps } = setUp();
    const files = tinyCheckpointFiles(1);
    await store.publish(files);
    await serving.refresh();
    expect(serving.current?.id).toBe(`1-${contentId(files)}`);
    expect(serving.current?.checkpoint.vocabulary.items).toEqual(TINY_ITEMS);
    expect(models[0]?.calls).toBe(1);
    await serving.refresh();
    expect([swaps.length, models.length]).toEqual([1, 1]);
  });

  it('swaps between batches: one under way keeps its model, which is let go when the last of them ends', async () => {
    const { serving, store, models, swaps } = setUp();
    await store.publish(tinyCheckpointFiles(1));
    await serving.refresh();
    const underWay = [serving.recommend([REQUEST]), serving.recommend([REQUEST])];
    await store.publish(tinyCheckpointFiles(2));
    await serving.refresh();
    expect(swaps.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(models[0]?.isDisposed).toBe(false);
    const next = serving.recommend([REQUEST]);
    models[0]?.open();
    for (const batch of underWay) expect((await batch)[0]?.checkpoint).toBe(swaps[0]?.id);
    expect([models[0]?.isDisposed, models[1]?.isDisposed]).toEqual([true, false]);
    models[1]?.open();
    expect((await next)[0]?.checkpoint).toBe(swaps[1]?.id);
  });

  it('lets an idle model go at once', async () => {
    const { serving, store, models } = setUp();
    for (const seed of [1, 2]) {
      await store.publish(tinyCheckpointFiles(seed));
      await serving.refresh();
    }
    expect(models.map(({ isDisposed }) => isDisposed)).toEqual([true, false]);
  });

  it('refuses a checkpoint that is not whole, once, with the reason; the old one serves on', async () => {
    const { serving, store, models, refusals } = setUp();
    await store.publish(tinyCheckpointFiles(1));
    await serving.refresh();
    const broken = tinyCheckpointFiles(2);
    broken.delete('vocabulary.json');
    await store.publish(broken);
    await serving.refresh();
    await serving.refresh();
    expect(refusals).toEqual([{ sequence: 2, reason: 'vocabulary.json is missing' }]);
    expect(serving.refused).toEqual(refusals[0]);
    expect([serving.current?.sequence, models[0]?.isDisposed]).toEqual([1, false]);
    await store.publish(tinyCheckpointFiles(3));
    await serving.refresh();
    expect([serving.current?.sequence, serving.refused]).toEqual([3, undefined]);
  });

  it('refuses one that the engine cannot load, or that ranks nothing, and lets that one’s model go', async () => {
    const { serving, store, models, refusals, trouble } = setUp();
    trouble.failsToLoad = true;
    await store.publish(tinyCheckpointFiles(1));
    await serving.refresh();
    trouble.failsToLoad = false;
    trouble.ranks = false;
    await store.publish(tinyCheckpointFiles(2));
    await serving.refresh();
    expect(refusals.map(({ reason }) => reason)).toEqual(['out of memory', 'the checkpoint ranks nothing']);
    expect(models.map(({ isDisposed }) => isDisposed)).toEqual([true]);
    expect(serving.current).toBeUndefined();
  });

  it('forgets a refusal when the refused checkpoint is taken away', async () => {
    const { serving, store } = setUp();
    await store.publish(tinyCheckpointFiles(1));
    await serving.refresh();
    await store.publish(new Map());
    await serving.refresh();
    expect(serving.refused?.sequence).toBe(2);
    store.published.pop();
    await serving.refresh();
    expect([serving.refused, serving.current?.sequence]).toEqual([undefined, 1]);
  });

  it('does not refuse what it cannot read now: it looks again', async () => {
    const { serving, store, refusals } = setUp();
    await store.publish(tinyCheckpointFiles(1));
    store.failure = new Unavailable('the store is away');
    await expect(serving.refresh()).rejects.toThrow('the store is away');
    expect([refusals, serving.refused]).toEqual([[], undefined]);
    store.failure = undefined;
    await serving.refresh();
    expect(serving.current?.sequence).toBe(1);
  });

  it('looks once for calls at the same time', async () => {
    const { serving, store, swaps } = setUp();
    await store.publish(tinyCheckpointFiles(1));
    await Promise.all([serving.refresh(), serving.refresh(), serving.refresh()]);
    expect([store.looks, swaps.length]).toEqual([1, 1]);
  });

  it('lets its model go when it is closed, after the last batch', async () => {
    const { serving, store, models } = setUp();
    await store.publish(tinyCheckpointFiles(1));
    await serving.refresh();
    const last = serving.recommend([REQUEST]);
    serving.close();
    expect(models[0]?.isDisposed).toBe(false);
    models[0]?.open();
    await last;
    expect(models[0]?.isDisposed).toBe(true);
    await expect(serving.recommend([REQUEST])).rejects.toThrow(Unavailable);
  });

  it('that catches up serves what is published by then, though a look was under way before', async () => {
    const { serving, store } = setUp();
    await store.publish(tinyCheckpointFiles(1));
    const slow = Promise.withResolvers<undefined>();
    const { current } = store;
    store.current = async () => {
      const sequence = await current();
      if (store.looks === 1) await slow.promise;
      return sequence;
    };
    const early = serving.refresh();
    await store.publish(tinyCheckpointFiles(2));
    const caughtUp = serving.catchUp();
    slow.resolve(undefined);
    await Promise.all([early, caughtUp]);
    expect(serving.current?.sequence).toBe(2);
  });

  it('that cannot look while it catches up is unavailable: what serves may be too old', async () => {
    const { serving, store } = setUp();
    store.current = () => Promise.reject(new Error('EIO'));
    await expect(serving.catchUp()).rejects.toThrow(Unavailable);
  });
});
