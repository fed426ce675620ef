/** Lists once more, from what they name: checkpoint, catalogue offsets, and a state of the oracle. */
import { createTfjsEngine } from '../../../src/adapters/tfjs/tfjs-engine.js';
import { FolderCheckpointStore } from '../../../src/adapters/checkpoints/folder-checkpoint-store.js';
import { contentId, decodeCheckpoint } from '../../../src/checkpoint/files.js';
import type { CatalogueItem, RecommendationList } from '../../../src/events/events.js';
import type { Catalogue } from '../../../src/recommend/catalogue.js';
import { WHOLE_SHARE } from '../../../src/ports/checkpoint-store.js';
import { isIn } from '../../../src/recommend/canary.js';
import { createCheckpointRecommender } from '../../../src/recommend/recommend.js';
import type { ListRequest, Recommender } from '../../../src/recommend/recommender.js';
import { decode } from './bytes.js';
import type { Read } from './topics.js';
import { CATALOGUE_PARTITIONS, RECOMMEND_SETTINGS } from './world.js';

export interface Named {
  readonly checkpoint: string;
  readonly catalogue: readonly number[];
}

export interface Asked<T> {
  readonly what: T;
  readonly named: Named;
  readonly request: ListRequest;
}

/** Knows every published checkpoint, and the catalogue at any time. */
export class Recomputation {
  private constructor(
    private readonly checkpoints: ReadonlyMap<string, (catalogue: Catalogue) => Recommender>,
    private readonly shares: ReadonlyMap<string, number>,
    private readonly records: readonly Read[],
    private readonly disposals: readonly (() => void)[],
  ) {}

  static async open(folder: string, catalogueRecords: readonly Read[]): Promise<Recomputation> {
    const engine = await createTfjsEngine('wasm');
    const store = new FolderCheckpointStore(folder);
    const checkpoints = new Map<string, (catalogue: Catalogue) => Recommender>();
    const shares = new Map<string, number>();
    const disposals: (() => void)[] = [];
    for (const sequence of await store.list()) {
      const files = await store.read(sequence);
      const checkpoint = decodeCheckpoint(files);
      const model = await engine.load(checkpoint);
      disposals.push(() => model.dispose());
      const checkpointId = `${sequence}-${contentId(files)}`;
      shares.set(checkpointId, await store.shareOf(sequence));
      checkpoints.set(checkpointId, (catalogue) =>
        createCheckpointRecommender({ checkpointId, checkpoint, model, catalogue, settings: RECOMMEND_SETTINGS }),
      );
    }
    return new Recomputation(checkpoints, shares, catalogueRecords, disposals);
  }

  /** Why a list of this user cannot name this checkpoint; undefined: it can. */
  misnamed(checkpoint: string, userId: string): string | undefined {
    if (!this.checkpoints.has(checkpoint)) return 'was never published';
    const share = this.shares.get(checkpoint) ?? WHOLE_SHARE;
    return isIn(userId, share) ? undefined : `is for ${share} % of the users, and not for this one`;
  }

  /** Answers in any order, those that name the same together. */
  async *lists<T>(asked: readonly Asked<T>[]): AsyncGenerator<{ readonly what: T; readonly list: RecommendationList }> {
    const groups = Map.groupBy(asked, ({ named }) => `${named.checkpoint} ${named.catalogue.join(',')}`);
    for (const group of groups.values()) {
      const { checkpoint, catalogue } = group[0]!.named;
      const recommender = this.checkpoints.get(checkpoint)?.(this.#catalogue(catalogue));
      if (!recommender) continue;
      const lists = await recommender.recommend(group.map(({ request }) => request));
      for (const [index, { what }] of group.entries()) yield { what, list: lists[index]! };
    }
  }

  close(): void {
    for (const dispose of this.disposals) dispose();
  }

  /** Later records of an item replace earlier ones; a tombstone withdraws it; what cannot be read counts for nothing. */
  #catalogue(offsets: readonly number[]): Catalogue {
    const items = new Map<string, CatalogueItem>();
    for (const { partition, offset, key, value } of this.records) {
      if (partition >= CATALOGUE_PARTITIONS || offset >= (offsets[partition] ?? 0) || key === null) continue;
      if (value === null) items.delete(key.toString());
      else {
        try {
          const item = decode('catalogue-item', value) as CatalogueItem;
          items.set(item.itemId, item);
        } catch {
          // A bad record of the catalogue is ignored.
        }
      }
    }
    return {
      item: (itemId) => items.get(itemId),
      items: () => items.values(),
      offsets,
      changedSince: () => [],
      size: items.size,
    };
  }
}
