/** A batch of states -> a batch of lists, for one loaded checkpoint: window, exclusions, engine call, explanation. */
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { RankedItem, RecommendationList } from '../events/events.js';
import type { RankingRules } from '../model/rank.js';
import { atOnce, type Pieces } from '../ops/pieces.js';
import type { EngineRequest, LoadedModel, Ranking } from '../ports/engine.js';
import { activeGains, type UserState } from '../state/user-state.js';
import { createPlanner, type Planner, type SteeringPlan } from '../steering/plan.js';
import type { Catalogue } from './catalogue.js';
import { type ColdItem, findingBasis } from './cold-items.js';
import { type ColdView, viewingCold, withColdItems } from './cold-ranking.js';
import { effectsOf } from './effects.js';
import { type BlockedItems, findingBlocked } from './eligibility.js';
import { indexing, type ItemIndex, UNKNOWN } from './item-index.js';
import { createPopular } from './popular.js';
import type { ListRequest, Recommender } from './recommender.js';
import { excludedStretches, type SeenRule } from './seen-rule.js';
import { windowOf } from './window.js';

export interface RecommendSettings {
  /** Items a list. */
  readonly listSize: number;
  readonly seen: SeenRule;
  /** Most cold items that can be listed (cold-items.ts); 0: none. */
  readonly coldItems: number;
  /** Interactions that a rolling sequence keeps. */
  readonly sequenceLength: number;
}

interface Prepared {
  readonly request: ListRequest;
  readonly plan: SteeringPlan;
  readonly engineRequest: EngineRequest;
  /** For the cold items, by their places. */
  readonly coldRules: RankingRules;
}

export interface CheckpointRecommenderParts {
  readonly checkpointId: string;
  readonly checkpoint: Checkpoint;
  readonly model: LoadedModel;
  readonly catalogue: Catalogue;
  readonly settings: RecommendSettings;
}

export const createCheckpointRecommender = (parts: CheckpointRecommenderParts): Recommender =>
  atOnce(makingRecommender(parts));

/** For a process that serves meanwhile. */
export function* makingRecommender(parts: CheckpointRecommenderParts): Pieces<Recommender> {
  const index = yield* indexing(parts.checkpoint);
  const rankPopular = createPopular(parts.checkpoint, index);
  yield;
  const blocked = yield* findingBlocked(parts.catalogue, parts.checkpoint.vocabulary.items, (id) =>
    index.itemIndex(id),
  );
  const basis = yield* findingBasis(parts.checkpoint);
  const coldView = yield* viewingCold(basis, parts.catalogue, index, parts.settings.coldItems);
  const planned = createPlanner(parts.checkpoint.steeringMap, (name) => index.attributeIndex(name));
  return {
    async recommend(requests, urgency) {
      // Taken before the engine's first wait: catalogue and lists must agree though the catalogue moves on meanwhile.
      const catalogue = parts.catalogue.offsets;
      const cold = coldView();
      const prepared = requests.map((request) => prepare(request, parts, index, planned, blocked, cold));
      const ranked = prepared.filter(({ engineRequest }) => engineRequest.window.length > 0);
      const rankings = await parts.model.recommend(
        ranked.map(({ engineRequest }) => engineRequest),
        urgency,
      );
      const listed = withCold(index, cold);
      const byModel = new Map(ranked.map((one, i) => [one, rankings[i]]));
      return prepared.map((one) => {
        const ranking = byModel.get(one);
        const list = ranking
          ? withColdItems(ranking, cold, one.coldRules, index.size)
          : rankPopular({ ...one.engineRequest, edits: one.plan.popularEdits });
        return toList(one, list, ranking ? 'model' : 'popular', catalogue, parts.checkpointId, listed);
      });
    },
  };
}

function prepare(
  request: ListRequest,
  { checkpoint, settings }: CheckpointRecommenderParts,
  index: ItemIndex,
  planned: Planner,
  blocked: BlockedItems,
  cold: ColdView,
): Prepared {
  const { history, equalizer } = request.state;
  const own = planned(activeGains(equalizer));
  const plan = request.isUnsteered ? { ...own, edits: [], popularEdits: [] } : own;
  const excluded = excludedItems(request.state, settings.seen, index, cold);
  const window = windowOf(history, index, Math.min(checkpoint.manifest.gptrec.window, settings.sequenceLength));
  const rules = { edits: plan.edits, k: request.limit ?? settings.listSize };
  return {
    request,
    plan,
    engineRequest: { window, blocked: blocked.blockedIn(history.context), excluded: excluded.known, ...rules },
    coldRules: { blocked: cold.blocked.blockedIn(history.context), excluded: excluded.cold, ...rules },
  };
}

/** What the user must not be shown: items of the checkpoint by index, cold ones by place. */
function excludedItems(
  state: UserState,
  rule: SeenRule,
  index: ItemIndex,
  cold: ColdView,
): { readonly known: readonly number[]; readonly cold: readonly number[] } {
  const [known, places]: [number[], number[]] = [[], []];
  for (const { piece, from, to } of excludedStretches(state, rule)) {
    const indexes = index.indexesOf(piece);
    for (let i = from; i < to; i += 1) {
      const item = indexes[i] ?? UNKNOWN;
      if (item !== UNKNOWN) known.push(item);
      else if (cold.items.length > 0) places.push(cold.placeOf(piece.itemIds[i] ?? '') ?? UNKNOWN);
    }
  }
  return { known, cold: places };
}

/** Items of a ranking, the cold ones behind the checkpoint's. */
interface ListedItems extends Pick<ItemIndex, 'itemId' | 'attributeIndex' | 'bears'> {
  isCold(item: number): boolean;
}

function withCold(index: ItemIndex, { items }: ColdView): ListedItems {
  const coldOf = (item: number): ColdItem | undefined => (item < index.size ? undefined : items[item - index.size]);
  return {
    itemId: (item) => coldOf(item)?.itemId ?? index.itemId(item),
    attributeIndex: (attribute) => index.attributeIndex(attribute),
    bears: (item, attribute) => coldOf(item)?.attributes.includes(attribute) ?? index.bears(item, attribute),
    isCold: (item) => coldOf(item) !== undefined,
  };
}

function toList(
  { request, plan }: Prepared,
  { items, scores }: Ranking,
  ranking: 'model' | 'popular',
  catalogue: readonly number[],
  checkpoint: string,
  index: ListedItems,
): RecommendationList {
  const { source, state, trigger, profile, now } = request;
  const ranked = Array.from(items, (item, i): RankedItem => {
    return { itemId: index.itemId(item), score: scores[i] ?? 0, cold: index.isCold(item) };
  });
  return {
    listId: `${source.topic}-${source.partition}-${source.offset}`,
    userId: state.userId,
    items: ranked,
    checkpoint,
    equalizerVersion: state.equalizer.version,
    effects: effectsOf(plan.gains, items, index),
    reason: { trigger, ranking, profile },
    source,
    catalogue,
    producedAt: now,
  };
}
