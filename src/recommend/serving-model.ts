/**
 * The checkpoint that serves. A newer one is loaded beside it and takes its place between two batches; one that cannot
 * be used is refused with its reason, once, and the old one serves on. The old one is let go when its last batch ends.
 */
import { contentId, decodeCheckpoint } from '../checkpoint/files.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { CheckpointStore } from '../ports/checkpoint-store.js';
import type { Engine, LoadedModel, Urgency } from '../ports/engine.js';
import { Unavailable } from '../ports/errors.js';
import type { Catalogue } from './catalogue.js';
import { createCheckpointRecommender, type RecommendSettings } from './recommend.js';
import type { ListRequest, Recommender } from './recommender.js';
import type { RecommendationList } from '../events/events.js';

export interface Serving {
  /** `<sequence>-<content id>`, as lists name it. */
  readonly id: string;
  readonly sequence: number;
  readonly checkpoint: Checkpoint;
}

/** A checkpoint that was published and cannot serve. */
export interface RefusedCheckpoint {
  readonly sequence: number;
  readonly reason: string;
}

interface Loaded extends Serving {
  readonly model: LoadedModel;
  readonly recommender: Recommender;
  /** Batches under way. */
  users: number;
  isRetired: boolean;
}

export interface ServingModelOptions {
  readonly engine: Engine;
  readonly store: CheckpointStore;
  readonly catalogue: Catalogue;
  readonly settings: RecommendSettings;
  readonly onSwap?: (serving: Serving) => void;
  readonly onRefusal?: (refused: RefusedCheckpoint) => void;
}

export class ServingModel implements Recommender {
  readonly #options: ServingModelOptions;
  #loaded: Loaded | undefined;
  #refused: RefusedCheckpoint | undefined;
  #refreshing: Promise<void> | undefined;

  constructor(options: ServingModelOptions) {
    this.#options = options;
  }

  get current(): Serving | undefined {
    return this.#loaded;
  }

  /** The newest published checkpoint, where it was refused. */
  get refused(): RefusedCheckpoint | undefined {
    return this.#refused;
  }

  /**
   * Takes up the store's current checkpoint if another one serves. Calls at the same time share one look.
   * @throws Unavailable when the store cannot be read now; any other failure refuses the checkpoint for good.
   */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async catchUp(): Promise<void> {
    try {
      // A look that is under way may have begun before what matters was published.
      await this.#refreshing;
      await this.refresh();
    } catch (error) {
      throw new Unavailable('cannot look for the newest checkpoint', { cause: error });
    }
  }

  /** @throws Unavailable while no checkpoint serves. */
  async recommend(requests: readonly ListRequest[], urgency?: Urgency): Promise<readonly RecommendationList[]> {
    const loaded = this.#loaded;
    if (loaded === undefined) throw new Unavailable('no checkpoint is published yet');
    loaded.users += 1;
    try {
      return await loaded.recommender.recommend(requests, urgency);
    } finally {
      loaded.users -= 1;
      disposeIfUnused(loaded);
    }
  }

  close(): void {
    if (this.#loaded) retire(this.#loaded);
    this.#loaded = undefined;
  }

  async #refresh(): Promise<void> {
    const sequence = await this.#options.store.current();
    if (sequence === this.#loaded?.sequence) this.#refused = undefined;
    if (sequence === undefined || sequence === this.#loaded?.sequence || sequence === this.#refused?.sequence) return;
    try {
      const next = await this.#load(sequence);
      const previous = this.#loaded;
      this.#loaded = next;
      this.#refused = undefined;
      if (previous) retire(previous);
      this.#options.onSwap?.(next);
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      this.#refused = { sequence, reason: error instanceof Error ? error.message : String(error) };
      this.#options.onRefusal?.(this.#refused);
    }
  }

  async #load(sequence: number): Promise<Loaded> {
    const { engine, store, catalogue, settings } = this.#options;
    const files = await store.read(sequence);
    const checkpoint = decodeCheckpoint(files);
    const id = `${sequence}-${contentId(files)}`;
    const model = await engine.load(checkpoint);
    await warm(model, checkpoint).catch((error: unknown) => {
      model.dispose();
      throw error;
    });
    const recommender = createCheckpointRecommender({ checkpointId: id, checkpoint, model, catalogue, settings });
    return { id, sequence, checkpoint, model, recommender, users: 0, isRetired: false };
  }
}

/** One forward call, so that the first user does not wait for what a runtime does once. */
async function warm(model: LoadedModel, { vocabulary }: Checkpoint): Promise<void> {
  const blocked = new Uint8Array(vocabulary.items.length);
  const [ranking] = await model.recommend([
    { window: Int32Array.of(0), edits: [], blocked, excluded: new Set(), k: 1 },
  ]);
  if (ranking?.items.length !== 1) throw new Error('the checkpoint ranks nothing');
}

function retire(loaded: Loaded): void {
  loaded.isRetired = true;
  disposeIfUnused(loaded);
}

function disposeIfUnused(loaded: Loaded): void {
  if (loaded.isRetired && loaded.users === 0) loaded.model.dispose();
}
