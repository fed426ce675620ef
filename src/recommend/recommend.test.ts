import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { catalogueItem, FakeCatalogue } from '../../test/builders/catalogue.js';
import { TINY_ITEMS, tinyCheckpoint } from '../../test/builders/checkpoint.js';
import { stateWith } from '../../test/builders/state.js';
import { createTfjsEngine } from '../adapters/tfjs/tfjs-engine.js';
import type { InteractionContext, RecommendationList } from '../events/events.js';
import type { EngineRequest, LoadedModel } from '../ports/engine.js';
import type { UserState } from '../state/user-state.js';
import type { Term } from '../steering/steering-map.js';
import { isEligible } from './eligibility.js';
import { createCheckpointRecommender, type RecommendSettings } from './recommend.js';
import type { ListRequest, Recommender } from './recommender.js';
import { EntryList } from '../state/entry-list.js';

const checkpoint = tinyCheckpoint(9);
const SOURCE = { topic: 'interactions', partition: 2, offset: 41 };
const requestOf = (state: UserState, given: Partial<ListRequest> = {}): ListRequest => ({
  state,
  source: SOURCE,
  trigger: 'interaction',
  profile: null,
  now: 5000,
  ...given,
});
const withGains = (state: UserState, gains: Record<string, number>): UserState => ({
  ...state,
  equalizer: {
    ...state.equalizer,
    version: 3,
    gains: Object.fromEntries(Object.entries(gains).map(([name, gain]) => [name, { gain, at: 1, expiresAt: null }])),
  },
});
const idsOf = (list: RecommendationList): string[] => list.items.map(({ itemId }) => itemId);

describe('recommending', () => {
  let model: LoadedModel;
  const asked: EngineRequest[] = [];
  beforeAll(async () => {
    const loaded = await (await createTfjsEngine('wasm')).load(checkpoint);
    model = {
      recommend: (requests) => {
        asked.splice(0, asked.length, ...requests);
        return loaded.recommend(requests);
      },
      dispose: () => loaded.dispose(),
    };
  });
  const settings: RecommendSettings = { listSize: 4, seen: { kind: 'exclude' }, coldItems: 5, sequenceLength: 200 };
  const recommender = (
    catalogue = new FakeCatalogue(TINY_ITEMS),
    changed: Partial<RecommendSettings> = {},
    steered = checkpoint,
  ): Recommender =>
    createCheckpointRecommender({
      checkpointId: '7-abc',
      checkpoint: steered,
      model,
      catalogue,
      settings: { ...settings, ...changed },
    });
  const listFor = async (state: UserState, from = recommender(), given: Partial<ListRequest> = {}) =>
    (await from.recommend([requestOf(state, given)]))[0]!;

  it('makes a list that says what it is, for whom, from what and why', async () => {
    const state = withGains(stateWith('ann', ['i1', 'i2']), { 'genre/Low': 0.5, 'genre/None': -1 });
    const catalogue = new FakeCatalogue(TINY_ITEMS);
    const list = await listFor(state, recommender(catalogue), { trigger: 'profile', profile: 'applied' });
    const { items, effects, ...rest } = list;
    expect(rest).toEqual({
      listId: 'interactions-2-41',
      userId: 'ann',
      checkpoint: '7-abc',
      equalizerVersion: 3,
      reason: { trigger: 'profile', ranking: 'model', profile: 'applied' },
      source: SOURCE,
      catalogue: catalogue.offsets,
      producedAt: 5000,
    });
    expect(items).toHaveLength(4);
    expect(items.map(({ score }) => score)).toEqual(items.map(({ score }) => score).sort((a, b) => b - a));
    const low = idsOf(list).filter((id) => ['i0', 'i1', 'i2', 'i3'].includes(id)).length / 4;
    expect(effects).toEqual([
      { attribute: 'genre/Low', gain: 0.5, method: 'delta', amount: 2, limited: false, share: low },
      { attribute: 'genre/None', gain: -1, method: 'none', amount: 0, limited: true, share: 0 },
    ]);
  });

  it('makes the list of no gain where that is asked for, and tells what it has of what the gains ask', async () => {
    for (const items of [['i9'], []]) {
      const state = withGains(stateWith('u', items), { 'genre/Low': 1 });
      const list = await listFor(state, recommender(), { isUnsteered: true });
      expect(list.items).toEqual((await listFor(stateWith('u', items))).items);
      expect(list.items).not.toEqual((await listFor(state)).items);
      const low = idsOf(list).filter((id) => ['i0', 'i1', 'i2', 'i3'].includes(id)).length / 4;
      expect(list.effects).toMatchObject([{ attribute: 'genre/Low', gain: 1, share: low }]);
    }
  });

  it('asks the engine for the newest known items, with the edits of the equalizer', async () => {
    const items = ['i9', 'new', ...Array.from({ length: 7 }, (_, i) => `i${i}`)];
    await listFor(withGains(stateWith('u', items), { 'genre/Even': 0.5, 'genre/Low': -0.5 }));
    expect(asked[0]?.window).toEqual(Int32Array.of(0, 1, 2, 3, 4, 5, 6));
    expect(asked[0]?.edits).toEqual([
      { kind: 'score', attribute: 0, amount: 2 },
      { kind: 'latent', layer: 1, feature: 3, mode: 'delta', amount: -4 },
    ]);
    expect([...asked[0]!.excluded].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 9]);
  });

  describe('items that the checkpoint does not know yet', () => {
    const LOW = ['i0', 'i1', 'i2', 'i3'];
    const all = { limit: 50 };
    const show = { seen: { kind: 'allow' } } as const;
    const withNew = (given: Parameters<typeof catalogueItem>[1] = {}): FakeCatalogue =>
      new FakeCatalogue([...TINY_ITEMS, catalogueItem('new', { attributes: ['genre/Low'], ...given })]);
    const coldOf = ({ items }: RecommendationList) => items.filter(({ cold }) => cold);

    it('are listed by the mean score of the items that share their attributes, and marked', async () => {
      for (const gains of [{}, { 'genre/Even': 0.5, 'genre/Low': 0.5 }]) {
        const state = withGains(stateWith('u', ['i9', 'i4']), gains);
        const list = await listFor(state, recommender(withNew(), show), all);
        expect(idsOf(list)).toHaveLength(TINY_ITEMS.length + 1);
        expect(list.items.map(({ score }) => score)).toEqual(
          list.items.map(({ score }) => score).sort((a, b) => b - a),
        );
        const even = 'genre/Even' in gains ? 2 : 0;
        const scores = LOW.map((id) => list.items.find(({ itemId }) => itemId === id)!.score);
        const mean = (scores[0]! + scores[1]! + scores[2]! + scores[3]! - 2 * even) / 4;
        expect(coldOf(list)).toEqual([{ itemId: 'new', score: expect.closeTo(mean, 4) as number, cold: true }]);
      }
    });

    it('are raised by score edits, and count for the share of what they bear', async () => {
      const catalogue = withNew({ attributes: ['genre/Even'] });
      const list = await listFor(withGains(stateWith('u', ['i9']), { 'genre/Even': 1 }), recommender(catalogue), all);
      const plain = await listFor(stateWith('u', ['i9']), recommender(catalogue), all);
      expect(coldOf(list)[0]!.score - coldOf(plain)[0]!.score).toBeCloseTo(4, 4);
      const bearing = idsOf(list).filter((id) => id === 'new' || Number(id.slice(1)) % 2 === 0);
      expect(list.effects[0]?.share).toBeCloseTo(bearing.length / list.items.length);
    });

    it('are left out where they may not be shown, were seen, are too many, or there is no history', async () => {
      const state = stateWith('u', ['i9']);
      expect(coldOf(await listFor(state, recommender(withNew({ markets: ['A'] })), all))).toEqual([]);
      expect(coldOf(await listFor(stateWith('u', ['i9', 'new']), recommender(withNew()), all))).toEqual([]);
      expect(coldOf(await listFor(state, recommender(withNew(), { coldItems: 0 }), all))).toEqual([]);
      expect(coldOf(await listFor(stateWith('u', []), recommender(withNew()), all))).toEqual([]);
      expect(coldOf(await listFor(state, recommender(withNew()), all))).toHaveLength(1);
    });

    it('come and go with the catalogue', async () => {
      const catalogue = new FakeCatalogue(TINY_ITEMS);
      const from = recommender(catalogue);
      const state = stateWith('u', ['i9']);
      expect(coldOf(await listFor(state, from, all))).toEqual([]);
      catalogue.put(catalogueItem('new', { attributes: ['genre/Low'] }));
      expect(coldOf(await listFor(state, from, all))).toHaveLength(1);
      catalogue.withdraw('new');
      expect(coldOf(await listFor(state, from, all))).toEqual([]);
    });
  });

  it('asks for every edit of a hybrid, and the list says that it was one; who has no history gets its score term', async () => {
    const terms: Term[] = [
      { kind: 'score', per: 2 },
      { kind: 'direction', direction: 1, per: 0.5, most: 0.5 },
      { kind: 'adapter', adapter: 0, per: 0.25 },
    ];
    const attributes = checkpoint.steeringMap.attributes.map((one) => ({ ...one, method: 'hybrid' as const, terms }));
    const hybrid = { ...checkpoint, steeringMap: { ...checkpoint.steeringMap, attributes } };
    const from = recommender(undefined, {}, hybrid);
    const list = await listFor(withGains(stateWith('u', ['i9']), { 'genre/Low': 0.5 }), from);
    expect(asked[0]?.edits).toEqual([
      { kind: 'score', attribute: 1, amount: 4 },
      { kind: 'direction', direction: 1, amount: 0.5 },
      { kind: 'adapter', adapter: 0, amount: 0.5 },
    ]);
    expect(list.effects[0]).toMatchObject({ attribute: 'genre/Low', method: 'hybrid', amount: 2 });
    const plain = await listFor(stateWith('u', ['i9']), from);
    expect(list.items).not.toEqual(plain.items);
    const popular = await listFor(withGains(stateWith('u', []), { 'genre/Low': 0.5 }), from);
    expect(popular.items[0]!.score).toBeCloseTo(Math.log1p(100) + 2, 5);
  });

  it('without gains, or with the equalizer off, asks for no edit', async () => {
    const state = withGains(stateWith('u', ['i1']), { 'genre/Even': 1 });
    await listFor({ ...state, equalizer: { ...state.equalizer, off: true } });
    expect(asked[0]?.edits).toEqual([]);
  });

  it('ranks by popularity for who has no history that the checkpoint knows, and says so', async () => {
    for (const items of [[], ['new', 'other']]) {
      const list = await listFor(stateWith('u', items));
      expect(list.reason.ranking).toBe('popular');
      expect(idsOf(list)).toEqual(['i0', 'i1', 'i2', 'i3']);
      expect(list.items[0]!.score).toBeCloseTo(Math.log1p(100), 5);
    }
  });

  it('shifts popular items by the gains as well', async () => {
    const up = await listFor(withGains(stateWith('u', []), { 'genre/Even': 1 }));
    expect(idsOf(up)).toEqual(['i0', 'i2', 'i4', 'i6']);
    expect(up.effects[0]).toMatchObject({ share: 1 });
    const down = await listFor(withGains(stateWith('u', []), { 'genre/Even': -1 }));
    expect(idsOf(down)).toEqual(['i1', 'i3', 'i5', 'i7']);
    expect(down.effects[0]).toMatchObject({ share: 0 });
    const latent = await listFor(withGains(stateWith('u', []), { 'genre/Low': -1 }));
    expect(idsOf(latent)).toEqual(['i4', 'i5', 'i6', 'i7']);
  });

  it('keeps batches in order, users of both rankings mixed', async () => {
    const states = [stateWith('a', []), stateWith('b', ['i1']), stateWith('c', ['new']), stateWith('d', ['i2'])];
    const lists = await recommender().recommend(states.map((state) => requestOf(state)));
    expect(lists.map(({ userId, reason }) => [userId, reason.ranking])).toEqual([
      ['a', 'popular'],
      ['b', 'model'],
      ['c', 'popular'],
      ['d', 'model'],
    ]);
    for (const [i, state] of states.entries()) expect(idsOf(lists[i]!)).toEqual(idsOf(await listFor(state)));
    expect(await recommender().recommend([])).toEqual([]);
  });

  it('gives the asked number of items, the configured one unless asked', async () => {
    expect((await listFor(stateWith('u', ['i1']), undefined, { limit: 2 })).items).toHaveLength(2);
    expect((await listFor(stateWith('u', []), undefined, { limit: 0 })).items).toEqual([]);
    const none = await listFor(withGains(stateWith('u', []), { 'genre/Even': 1 }), recommender(new FakeCatalogue()));
    expect([none.items, none.effects[0]?.share]).toEqual([[], 0]);
  });

  it('names the catalogue that its list was made with, whatever is read meanwhile', async () => {
    const catalogue = new FakeCatalogue(TINY_ITEMS);
    const before = catalogue.offsets;
    const waiting = recommender(catalogue).recommend([requestOf(stateWith('u', ['i1']), { limit: 20 })]);
    catalogue.withdraw('i5');
    const [list] = await waiting;
    expect(list?.catalogue).toEqual(before);
    expect(idsOf(list!)).toContain('i5');
    expect(idsOf(await listFor(stateWith('u', ['i1']), recommender(catalogue), { limit: 20 }))).not.toContain('i5');
  });

  it('shows the model a window that slides in chunks, no longer than what a sequence keeps', async () => {
    const items = Array.from({ length: 9 }, (_, i) => `i${i}`);
    await listFor(stateWith('ann', items));
    expect([...asked[0]!.window]).toEqual([2, 3, 4, 5, 6, 7, 8]);
    await listFor(stateWith('ann', items), recommender(undefined, { sequenceLength: 4 }));
    expect([...asked[0]!.window]).toEqual([5, 6, 7, 8]);
    await listFor(stateWith('ann', items.slice(0, 7)), recommender(undefined, { sequenceLength: 4 }));
    expect([...asked[0]!.window]).toEqual([3, 4, 5, 6]);
  });

  it('never lists what is hidden, seen, withdrawn, unknown or not eligible; and everything else, where asked', async () => {
    const id = fc.constantFrom(...TINY_ITEMS, 'new', 'other');
    const ids = fc.array(id, { maxLength: 6 });
    const context: fc.Arbitrary<InteractionContext | null> = fc.option(
      fc.record({
        device: fc.constant(null),
        page: fc.constant(null),
        market: fc.constantFrom(null, 'DE', 'US'),
        maturityLimit: fc.constantFrom(null, 6, 18),
      }),
    );
    const item = fc.record({
      itemId: id,
      markets: fc.constantFrom(null, ['DE'], ['US', 'DE']),
      minimumAge: fc.constantFrom(null, 12),
    });
    const people = fc.record({ sequence: ids, older: ids, hidden: ids, context, gain: fc.constantFrom(-1, 0, 0.5, 1) });
    const seenRule = fc.constantFrom<RecommendSettings['seen'][]>({ kind: 'exclude' }, { kind: 'allow' });
    const entries = (items: readonly string[]) => items.map((itemId, at) => ({ itemId, at }));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(item, { selector: ({ itemId }) => itemId, minLength: 4 }),
        fc.array(people, { minLength: 1, maxLength: 4 }),
        seenRule,
        async (offered, users, seen) => {
          const catalogue = new FakeCatalogue(offered.map((one) => catalogueItem(one.itemId, one)));
          const states = users.map((user, u) => {
            const state = withGains(stateWith(`u${u}`, user.sequence), { 'genre/Even': user.gain, 'genre/Low': 0.3 });
            const where = user.context && { ...user.context, at: 1 };
            const history = {
              ...state.history,
              older: EntryList.of(entries(user.older)),
              hidden: EntryList.of(entries(user.hidden)),
              context: where,
            };
            return { ...state, history };
          });
          const lists = await recommender(catalogue, { seen }).recommend(
            states.map((state) => requestOf(state, { limit: TINY_ITEMS.length })),
          );
          for (const [u, user] of users.entries()) {
            const barred = new Set([
              ...user.hidden,
              ...(seen.kind === 'exclude' ? [...user.sequence, ...user.older] : []),
            ]);
            const allowed = offered
              .filter((one) => isEligible(catalogueItem(one.itemId, one), user.context))
              .map(({ itemId }) => itemId)
              .filter((itemId) => TINY_ITEMS.includes(itemId) && !barred.has(itemId));
            expect(idsOf(lists[u]!).sort()).toEqual(allowed.sort());
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
