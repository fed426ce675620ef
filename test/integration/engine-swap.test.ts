/** Checkpoints that take each other's place while much is asked for: every list is that of the checkpoint it names. */
import { expect, it, onTestFinished } from 'vitest';
import { FolderCheckpointStore } from '../../src/adapters/checkpoints/folder-checkpoint-store.js';
import { createTfjsEngine } from '../../src/adapters/tfjs/tfjs-engine.js';
import { contentId, decodeCheckpoint, encodeCheckpoint } from '../../src/checkpoint/files.js';
import type { RecommendationList } from '../../src/events/events.js';
import { createCheckpointRecommender, type RecommendSettings } from '../../src/recommend/recommend.js';
import type { ListRequest, Recommender } from '../../src/recommend/recommender.js';
import { ServingModel } from '../../src/recommend/serving-model.js';
import { FakeCatalogue } from '../builders/catalogue.js';
import { TINY_ITEMS, tinyCheckpointFiles, tinyDraft } from '../builders/checkpoint.js';
import { onnxEngine } from '../builders/engine.js';
import { temporaryFolder } from '../builders/folder.js';
import { stateWith } from '../builders/state.js';

const catalogue = new FakeCatalogue(TINY_ITEMS);
const settings: RecommendSettings = { listSize: 3, seen: { kind: 'allow' }, coldItems: 0, sequenceLength: 200 };
const SEEDS = [1, 2, 3];

function request(user: number, length: number): ListRequest {
  const items = Array.from({ length }, (_, i) => TINY_ITEMS[(user * 5 + i * (user + 1)) % TINY_ITEMS.length]!);
  const source = { topic: 'interactions', partition: user, offset: length };
  return { state: stateWith(`u${user}`, items), source, trigger: 'interaction', profile: null, now: 0 };
}

/** Lists of a user's events one after another, until the last checkpoint serves. */
async function follow(serving: ServingModel, user: number): Promise<RecommendationList[]> {
  const lists: RecommendationList[] = [];
  for (let length = 1; !lists.at(-1)?.checkpoint.startsWith(`${SEEDS.length}-`); length += 1) {
    lists.push(...(await serving.recommend([request(user, length), request(user, length + 1)])));
  }
  return lists;
}

/** What serves under this id, on the reference engine. */
async function referenceOf(checkpointId: string): Promise<Recommender> {
  const files = tinyCheckpointFiles(SEEDS[Number(checkpointId.split('-')[0]) - 1]!);
  expect(checkpointId.split('-')[1]).toBe(contentId(files));
  const checkpoint = decodeCheckpoint(files);
  const model = await (await createTfjsEngine('wasm')).load(checkpoint);
  onTestFinished(() => model.dispose());
  return createCheckpointRecommender({ checkpointId, checkpoint, model, catalogue, settings });
}

it('lists are those of the checkpoint that they name, whatever takes its place meanwhile', async () => {
  const store = new FolderCheckpointStore(temporaryFolder());
  const serving = new ServingModel({ engine: onnxEngine({ queue: 10_000 }), store, catalogue, settings });
  onTestFinished(() => serving.close());
  await store.publish(tinyCheckpointFiles(SEEDS[0]));
  await serving.refresh();
  const following = [0, 1, 2, 3].map((user) => follow(serving, user));
  for (const seed of SEEDS.slice(1)) {
    await store.publish(tinyCheckpointFiles(seed));
    await serving.refresh();
  }
  const groups = Map.groupBy((await Promise.all(following)).flat(), ({ checkpoint }) => checkpoint);
  expect(groups.size).toBe(SEEDS.length);
  for (const [checkpointId, lists] of groups) {
    const requests = lists.map(({ source: { partition, offset } }) => request(partition, offset));
    const right = await (await referenceOf(checkpointId)).recommend(requests);
    for (const [i, { items }] of lists.entries()) {
      expect(items.map(({ itemId }) => itemId)).toEqual(right[i]!.items.map(({ itemId }) => itemId));
      for (const [rank, { score }] of items.entries()) expect(score).toBeCloseTo(right[i]!.items[rank]!.score, 4);
    }
  }
});

it('a checkpoint whose steering leaves the numbers is refused, though it is good unsteered', async () => {
  const store = new FolderCheckpointStore(temporaryFolder());
  const refusals: string[] = [];
  const onRefusal = ({ reason }: { readonly reason: string }): void => void refusals.push(reason);
  const serving = new ServingModel({ engine: onnxEngine(), store, catalogue, settings, onRefusal });
  onTestFinished(() => serving.close());
  const draft = tinyDraft(2);
  await store.publish(tinyCheckpointFiles(1));
  for (const kind of ['latent', 'score'] as const) {
    const attributes = draft.steeringMap.attributes.map((one) => ({
      ...one,
      terms: one.terms.map((term) => (term.kind === kind ? { ...term, per: 1e39 } : term)),
    }));
    await store.publish(encodeCheckpoint({ ...draft, steeringMap: { ...draft.steeringMap, attributes } }));
    await serving.refresh();
  }
  expect(serving.current?.sequence).toBe(1);
  expect(refusals).toEqual([
    expect.stringMatching(/^the checkpoint, steered by {"genre\/Low":1}, /),
    expect.stringMatching(/^the checkpoint, steered by {"genre\/Even":1}, /),
  ]);
});
