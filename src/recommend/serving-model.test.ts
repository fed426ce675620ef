import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeCatalogue } from '../../test/builders/catalogue.js';
import { TINY_ITEMS, tinyCheckpointFiles } from '../../test/builders/checkpoint.js';
import { stateWith } from '../../test/builders/state.js';
import { contentId } from '../checkpoint/files.js';
import { placeOf } from './canary.js';
import type { CheckpointFiles, CheckpointStore, Publication, PublishTerms } from '../ports/checkpoint-store.js';
import { newestOf } from '../adapters/checkpoints/numbering.js';
import type { Engine, LoadedModel, Ranking } from '../ports/engine.js';
import { Unavailable } from '../ports/errors.js';
import type { ListRequest } from './recommender.js';
import {
  type RefusedCheckpoint,
  type ServedLists,
  type Serving,
  ServingModel,
  type ServingModelOptions,
} from './serving-model.js';

/** Seed of a checkpoint that gives one list to everybody. */
const ABSURD = 77;
const LIST_SIZE = 3;
const REQUEST: ListRequest = {
  state: stateWith('u', ['i1']),
  source: { topic: 'interactions', partition: 0, offset: 0 },
  trigger: 'interaction',
  profile: null,
  now: 0,
};

class FakeStore implements CheckpointStore {
  readonly place = 'a fake';
  shareOf = async (sequence: number): Promise<number> => this.shares[sequence - 1] ?? 100;
  readonly published: CheckpointFiles[] = [];
  readonly shares: number[] = [];
  failure: Error | undefined;
  looks = 0;
  list = async (): Promise<readonly number[]> => this.published.map((_, i) => i + 1);
  newest = async (unusable?: ReadonlySet<number>): Promise<readonly Publication[]> => {
    this.looks += 1;
    return newestOf(await this.list(), this.shareOf, unusable);
  };
  read = async (sequence: number): Promise<CheckpointFiles> => {
    if (this.failure) throw this.failure;
    return this.published[sequence - 1]!;
  };
  publish = async (files: CheckpointFiles, { share = 100 }: PublishTerms = {}): Promise<number> => {
    this.shares.push(share);
    return this.published.push(files);
  };
}

/** A model that answers only when it is let, but for its trial. */
class FakeModel implements LoadedModel {
  isDisposed = false;
  calls = 0;
  readonly #gates: (() => void)[] = [];
  constructor(
    readonly ranks: boolean,
    readonly isOneForAll: boolean,
    public failure: Error | undefined,
  ) {}

  async recommend(requests: Parameters<LoadedModel['recommend']>[0]): Promise<readonly Ranking[]> {
    this.calls += 1;
    if (requests[0]?.k === LIST_SIZE) await new Promise<void>((resolve) => this.#gates.push(resolve));
    if (this.isDisposed) throw new Error('the model is disposed of');
    if (this.failure) throw this.failure;
    return requests.map(({ window }) => ({
      items: this.ranks ? Int32Array.of(this.isOneForAll ? 0 : window[0]!) : new Int32Array(),
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
  const loads: number[] = [];
  const trouble = { ranks: true, failsToLoad: false, fatal: 0, ranking: undefined as Error | undefined };
  const served: ServedLists[] = [];
  const engine: Engine = {
    name: 'fake',
    load: async ({ manifest }) => {
      loads.push(manifest.seed);
      if (manifest.seed === trouble.fatal) throw new Unavailable('a worker ended');
      if (trouble.failsToLoad) throw new Error('out of memory');
      models.push(new FakeModel(trouble.ranks, manifest.seed === ABSURD, trouble.ranking));
      return models.at(-1)!;
    },
  };
  const options: ServingModelOptions = {
    engine,
    store,
    catalogue: new FakeCatalogue(TINY_ITEMS),
    settings: { listSize: LIST_SIZE, seen: { kind: 'exclude' }, coldItems: 5, sequenceLength: 200 },
    onSwap: (one) => swaps.push(one),
    onRefusal: (one) => refusals.push(one),
    onLists: (one) => served.push(one),
  };
  const another = (): ServingModel => new ServingModel(options);
  return { store, models, loads, swaps, refusals, trouble, served, serving: another(), another };
}

describe('the serving model', () => {
  it('lets the event loop turn while it decodes a checkpoint and makes what serves it', async () => {
    const { store, models, swaps, serving } = setUp();
    store.published.push(tinyCheckpointFiles());
    const turns: string[] = [];
    const turn = (): void => {
      turns.push(swaps.length > 0 ? 'serves' : (models[0]?.calls ?? 0) > 0 ? 'tried' : 'decodes');
      if (swaps.length === 0) setImmediate(turn);
    };
    setImmediate(turn);
    await serving.refresh();
    // A file's hash, and what is made of a file, a piece each; then the index, the order, and a mean for each attribute.
    expect(turns.filter((one) => one === 'decodes').length).toBeGreaterThan(10);
    expect(turns.filter((one) => one === 'tried').length).toBeGreaterThan(3);
  });

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

  it('swaps between batches: one under way keeps its model', async () => {
    const { serving, store, models, swaps } = setUp();
    await store.publish(tinyCheckpointFiles(1));
    await serving.refresh();
    const underWay = [serving.recommend([REQUEST]), serving.recommend([REQUEST])];
    await store.publish(tinyCheckpointFiles(2));
    await serving.refresh();
    expect(swaps.map(({ sequence }) => sequence)).toEqual([1, 2]);
    const next = serving.recommend([REQUEST]);
    models[0]?.open();
    for (const batch of underWay) expect((await batch)[0]?.checkpoint).toBe(swaps[0]?.id);
    models[1]?.open();
    expect((await next)[0]?.checkpoint).toBe(swaps[1]?.id);
  });

  it('keeps what served before, and lets what is older go when its last batch ends', async () => {
    const { serving, store, models } = setUp();
    const publish = async (seed: number): Promise<void> => {
      await store.publish(tinyCheckpointFiles(seed));
      await serving.refresh();
    };
    const gone = (): boolean[] => models.map(({ isDisposed }) => isDisposed);
    await publish(1);
    const underWay = [serving.recommend([REQUEST]), serving.recommend([REQUEST])];
    await publish(2);
    await publish(3);
    expect(gone()).toEqual([false, false, false]);
    models[0]?.open();
    await Promise.all(underWay);
    expect(gone()).toEqual([true, false, false]);
    await publish(4);
    expect(gone()).toEqual([true, true, false, false]);
  });

  it('takes the content that served before from memory when it is published again', async () => {
    const { serving, store, models, swaps } = setUp();
    for (const seed of [1, 2, 1]) {
      await store.publish(tinyCheckpointFiles(seed));
      await serving.refresh();
    }
    expect([models.length, swaps.length]).toEqual([2, 3]);
    expect(serving.current?.id).toBe(`3-${contentId(tinyCheckpointFiles(1))}`);
    const list = serving.recommend([REQUEST]);
    models[0]?.open();
    expect((await list)[0]?.checkpoint).toBe(serving.current?.id);
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
    expect(refusals).toEqual([{ sequence: 2, reason: 'vocabulary.json is missing', fault: 'content' }]);
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
    const nothing = 'the checkpoint ranks nothing';
    expect(refusals.map(({ reason }) => reason)).toEqual(['out of memory', nothing, nothing]);
    expect(refusals.map(({ fault }) => fault)).toEqual(['engine', 'content', 'content']);
    expect(models[0]?.isDisposed).toBe(true);
    expect(serving.current).toBeUndefined();
  });

  it('refuses one that its workers die of, as it is loaded or tried, and does not try it at every look', async () => {
    const { serving, store, loads, refusals, trouble } = setUp();
    for (const seed of [1, 2]) await store.publish(tinyCheckpointFiles(seed));
    trouble.fatal = 2;
    await serving.refresh();
    expect([refusals, serving.current]).toEqual([
      [{ sequence: 2, reason: 'a worker ended', fault: 'engine' }],
      undefined,
    ]);
    trouble.fatal = 0;
    // Nothing serves: so it is tried again.
    await serving.refresh();
    expect(serving.current?.sequence).toBe(2);
    await store.publish(tinyCheckpointFiles(3));
    trouble.fatal = 3;
    for (let look = 0; look < 3; look += 1) await serving.refresh();
    expect([serving.current?.sequence, refusals.length]).toEqual([2, 2]);
    expect(loads).toEqual([2, 2, 1, 3]);
    await expect(serving.catchUp()).rejects.toThrow('checkpoint 3, which others may serve, fails here: a worker ended');
    trouble.fatal = 0;
    await store.publish(tinyCheckpointFiles(4));
    trouble.ranking = new Unavailable('a worker ended in its trial');
    await serving.refresh();
    expect(refusals.at(-1)).toEqual({ sequence: 4, reason: 'a worker ended in its trial', fault: 'engine' });
  });

  it('refuses none since what serves does not answer now', async () => {
    const { serving, store, models, refusals } = setUp();
    await store.publish(tinyCheckpointFiles(1));
    await serving.refresh();
    await store.publish(tinyCheckpointFiles(2));
    models[0]!.failure = new Unavailable('busy');
    await expect(serving.refresh()).rejects.toThrow('busy');
    models[0]!.failure = new Error('broken');
    await serving.refresh();
    expect([serving.current?.sequence, serving.current?.overlap, refusals]).toEqual([2, undefined, []]);
  });

  it('refuses what is absurd beside what served before, also at a start', async () => {
    const { serving, store, refusals, another } = setUp();
    await store.publish(tinyCheckpointFiles(1));
    await serving.refresh();
    expect(serving.current?.overlap).toBeUndefined();
    await store.publish(tinyCheckpointFiles(ABSURD));
    await serving.refresh();
    await another().refresh();
    expect(refusals.map(({ sequence, reason }) => [sequence, reason.slice(0, 29)])).toEqual([
      [2, 'the checkpoint gives one list'],
      [2, 'the checkpoint gives one list'],
    ]);
    await store.publish(tinyCheckpointFiles(3));
    await serving.refresh();
    expect(serving.current).toMatchObject({ sequence: 3, overlap: 1 });
  });

  it('goes on at a start to what still serves elsewhere', async () => {
    const { serving, store, refusals, another } = setUp();
    for (const files of [tinyCheckpointFiles(1), new Map(), tinyCheckpointFiles(2), new Map(), new Map()])
      await store.publish(files);
    await serving.refresh();
    expect([serving.current?.sequence, serving.current?.overlap]).toEqual([3, 1]);
    expect(refusals.map(({ sequence }) => sequence)).toEqual([5, 4]);
    expect(serving.refused?.sequence).toBe(5);
    await store.publish(new Map());
    await serving.refresh();
    expect(refusals.map(({ sequence }) => sequence)).toEqual([5, 4, 6]);
    await store.publish(tinyCheckpointFiles(ABSURD));
    // What is absurd beside another may not be so for whoever has served something else: nobody goes on from there.
    const starting = another();
    await starting.catchUp();
    await serving.catchUp();
    expect([starting.current, serving.current?.sequence]).toEqual([undefined, 3]);
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
    await serving.close();
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
    const { newest } = store;
    store.newest = async () => {
      const found = await newest();
      if (store.looks === 1) await slow.promise;
      return found;
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
    store.newest = () => Promise.reject(new Error('EIO'));
    await expect(serving.catchUp()).rejects.toThrow(Unavailable);
  });

  it('that fails to load what others may serve is unavailable when it catches up, and tries again', async () => {
    const { serving, store, trouble } = setUp();
    await store.publish(tinyCheckpointFiles(1));
    await serving.refresh();
    await store.publish(tinyCheckpointFiles(2));
    trouble.failsToLoad = true;
    await serving.refresh();
    expect(serving.current?.sequence).toBe(1);
    await expect(serving.catchUp()).rejects.toThrow('checkpoint 2, which others may serve, fails here: out of memory');
    trouble.failsToLoad = false;
    await serving.catchUp();
    expect(serving.current?.sequence).toBe(2);
  });

  it('never goes back, though the store loses what was published', async () => {
    const { serving, store } = setUp();
    for (const seed of [1, 2]) await store.publish(tinyCheckpointFiles(seed));
    await serving.refresh();
    store.published.pop();
    await serving.catchUp();
    expect(serving.current?.sequence).toBe(2);
    store.published.pop();
    await serving.catchUp();
    expect(serving.current?.sequence).toBe(2);
  });
});

describe('the serving model with a candidate', () => {
  const USERS = Array.from({ length: 40 }, (_, i) => `user-${i}`);
  const lists = async ({ serving, models }: Pick<ReturnType<typeof setUp>, 'serving' | 'models'>) => {
    const made = serving.recommend(USERS.map((userId) => ({ ...REQUEST, state: stateWith(userId, ['i1']) })));
    let isMade = false;
    void made.finally(() => {
      isMade = true;
    });
    while (!isMade) {
      for (const model of models) model.open();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return new Map((await made).map((list) => [list.userId, list.checkpoint]));
  };
  const numbers = (made: ReadonlyMap<string, string>): number[] =>
    USERS.map((userId) => Number(made.get(userId)?.split('-')[0]));

  it('serves its share of the users, the others as before, and all lists in their order', async () => {
    const parts = setUp();
    const { serving, store, served } = parts;
    await store.publish(tinyCheckpointFiles(1));
    await store.publish(tinyCheckpointFiles(2), { share: 30 });
    await serving.refresh();
    expect(serving.all.map(({ sequence, share }) => [sequence, share])).toEqual([
      [2, 30],
      [1, 100],
    ]);
    const made = await lists(parts);
    expect([...made.keys()]).toEqual(USERS);
    expect(numbers(made)).toEqual(USERS.map((userId) => (placeOf(userId) < 30 ? 2 : 1)));
    expect(USERS.map((userId) => serving.of(userId)?.sequence)).toEqual(numbers(made));
    expect(serving.current?.sequence).toBe(1);
    expect(served.map(({ serving: by, lists: some }) => [by.sequence, some.length])).toEqual([
      [served[0]?.serving.sequence, served[0]?.lists.length],
      [served[1]?.serving.sequence, 40 - (served[0]?.lists.length ?? 0)],
    ]);
  });

  it('is promoted and withdrawn by a next number, from memory, and no user goes back', async () => {
    for (const content of [2, 1]) {
      const parts = setUp();
      const { serving, store, models } = parts;
      await store.publish(tinyCheckpointFiles(1));
      await serving.refresh();
      let before = numbers(await lists(parts));
      for (const [seed, share] of [
        [2, 10],
        [2, 60],
        [2, 20],
        [content, 100],
      ] as const) {
        await store.publish(tinyCheckpointFiles(seed), { share });
        await serving.refresh();
        const now = numbers(await lists(parts));
        expect(now.every((number, i) => number >= (before[i] ?? 0))).toBe(true);
        before = now;
      }
      expect([models.length, new Set(before)]).toEqual([2, new Set([5])]);
      expect(serving.current?.id).toBe(`5-${contentId(tinyCheckpointFiles(content))}`);
    }
  });

  it('that is refused leaves its users where they are; so does what comes for everybody and is refused', async () => {
    const parts = setUp();
    const { serving, store, refusals } = parts;
    await store.publish(tinyCheckpointFiles(1));
    await store.publish(tinyCheckpointFiles(2), { share: 50 });
    await serving.refresh();
    const before = numbers(await lists(parts));
    await store.publish(new Map(), { share: 50 });
    await store.publish(new Map());
    await serving.refresh();
    expect(refusals.map(({ sequence }) => sequence)).toEqual([4, 3]);
    expect(numbers(await lists(parts))).toEqual(before);
    await store.publish(tinyCheckpointFiles(3), { share: 99 });
    await serving.refresh();
    expect(numbers(await lists(parts))).toEqual(USERS.map((userId) => (placeOf(userId) < 99 ? 5 : 1)));
  });

  it('takes no user back, whatever is published and refused, and whoever takes over', async () => {
    const contents = [
      tinyCheckpointFiles(1),
      tinyCheckpointFiles(2),
      tinyCheckpointFiles(3),
      new Map<string, Buffer>(),
    ];
    const publish = fc.record({ content: fc.nat(contents.length - 1), share: fc.constantFrom(100, 100, 20, 60) });
    const step = fc.oneof(
      publish.map((published) => ({ kind: 'publish', published }) as const),
      fc.nat(1).map((instance) => ({ kind: 'look', instance }) as const),
      fc.nat(1).map((instance) => ({ kind: 'restart', instance }) as const),
      fc.nat(1).map((instance) => ({ kind: 'take over', instance }) as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
        const { store, another } = setUp();
        const instances = [another(), another()];
        const highest = USERS.map(() => 0);
        let owner = 0;
        for (const one of steps) {
          if (one.kind === 'publish') await store.publish(contents[one.published.content]!, one.published);
          else if (one.kind === 'restart' && one.instance !== owner) instances[one.instance] = another();
          else if (one.kind === 'look') await instances[one.instance]?.refresh();
          else if (one.kind === 'take over') {
            await instances[one.instance]?.catchUp();
            owner = one.instance;
          }
          for (const [i, userId] of USERS.entries()) {
            const number = instances[owner]?.of(userId)?.sequence;
            // Nothing is made while nothing serves.
            if (number === undefined) continue;
            expect(number).toBeGreaterThanOrEqual(highest[i]!);
            highest[i] = number;
          }
        }
      }),
    );
  });

  it('waits for something that is for everybody', async () => {
    const { serving, store } = setUp();
    await store.publish(tinyCheckpointFiles(1), { share: 50 });
    await serving.refresh();
    expect(serving.current).toBeUndefined();
  });
});
