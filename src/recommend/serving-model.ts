/**
 * The checkpoints that serve: one for everybody, and candidates for shares of the users (canary.ts). Newer ones are loaded
 * beside them, tried (trial.ts), and take their place between two batches; one that cannot be used is refused with its
 * reason, once, and what served serves on.
 */
import { CONTENT_ID_DIGITS } from '../checkpoint/files.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { RecommendationList } from '../events/events.js';
import { inPieces } from '../ops/pieces.js';
import type { CheckpointStore, Publication } from '../ports/checkpoint-store.js';
import type { Engine, Urgency } from '../ports/engine.js';
import { Unavailable } from '../ports/errors.js';
import { isIn, ladderOf } from './canary.js';
import type { Catalogue } from './catalogue.js';
import { CheckpointLoader } from './checkpoint-loader.js';
import { LoadFailed } from './load-failed.js';
import type { LoadedCheckpoint } from './loaded-checkpoint.js';
import { makingRecommender, type RecommendSettings } from './recommend.js';
import type { ListRequest, Recommender } from './recommender.js';
import { OneForAll } from './trial.js';

export interface Serving extends Publication {
  /** `<sequence>-<content id>`, as lists name it. */
  readonly id: string;
  readonly checkpoint: Checkpoint;
  /** Share of the top 10 of what served before that is in its own; undefined where there was nothing to compare with. */
  readonly overlap: number | undefined;
}

/** A checkpoint that was published and cannot serve. */
export interface RefusedCheckpoint {
  readonly sequence: number;
  readonly reason: string;
  /**
   * `content`: what is wrong with it is so for every instance, whatever served before; so what is older serves on, and
   * instances that start go on to that, too. `comparison`: with what serves here; an instance of another past may judge
   * otherwise. `engine`: it failed here, and may serve elsewhere.
   */
  readonly fault: 'content' | 'comparison' | 'engine';
}

/** Lists that one checkpoint made of one batch. */
export interface ServedLists {
  readonly serving: Serving;
  readonly lists: readonly RecommendationList[];
  readonly ms: number;
}

export interface ServingModelOptions {
  readonly engine: Engine;
  readonly store: CheckpointStore;
  readonly catalogue: Catalogue;
  readonly settings: RecommendSettings;
  /** @param before what the same users were served so far; undefined at first */
  readonly onSwap?: (serving: Serving, before: Serving | undefined) => void;
  readonly onRefusal?: (refused: RefusedCheckpoint) => void;
  readonly onLists?: (served: ServedLists) => void;
}

/** One step of the ladder of canary.ts. */
interface Rung extends Serving {
  readonly loaded: LoadedCheckpoint;
  readonly recommender: Recommender;
}

export class ServingModel implements Recommender {
  readonly #options: ServingModelOptions;
  readonly #loader: CheckpointLoader;
  /** By descending number; the last is for everybody. */
  #ladder: readonly Rung[] = [];
  /** By descending number, with those that are older than what counts now. */
  #refused: readonly RefusedCheckpoint[] = [];
  /** What counted at the last look. */
  #newest: readonly Publication[] = [];
  #refreshing: Promise<void> | undefined;

  constructor(options: ServingModelOptions) {
    this.#options = options;
    this.#loader = new CheckpointLoader(options.engine, options.store);
  }

  /** Where it looks for checkpoints. */
  get place(): string {
    return this.#options.store.place;
  }

  /** What serves everybody who is in no candidate's share. */
  get current(): Serving | undefined {
    return this.#ladder.at(-1);
  }

  /** What serves anybody, newest first. */
  get all(): readonly Serving[] {
    return this.#ladder;
  }

  /** What serves a user. */
  of(userId: string): Serving | undefined {
    return this.#rungOf(this.#ladder, userId);
  }

  /** The newest published checkpoint, where it was refused. */
  get refused(): RefusedCheckpoint | undefined {
    return this.#counting[0];
  }

  /**
   * Takes up what the store has for the users now. Calls at the same time share one look.
   * @throws Unavailable when the store cannot be read now, or what serves does not answer; any other failure refuses the
   * checkpoint.
   */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Every instance refuses the same contents; what failed to load here alone, an earlier owner may have served. */
  async catchUp(): Promise<void> {
    try {
      // A look that is under way may have begun before what matters was published.
      await this.#refreshing;
      this.#refused = this.#refused.filter(({ fault }) => fault !== 'engine');
      await this.refresh();
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      throw new Unavailable('cannot look for the newest checkpoint', { cause: error });
    }
    const ours = this.#counting.find(({ fault }) => fault === 'engine');
    if (ours) throw new Unavailable(`checkpoint ${ours.sequence}, which others may serve, fails here: ${ours.reason}`);
  }

  /** @throws Unavailable while no checkpoint serves. */
  async recommend(requests: readonly ListRequest[], urgency?: Urgency): Promise<readonly RecommendationList[]> {
    const ladder = this.#ladder;
    if (ladder.length === 0) throw new Unavailable('no checkpoint is published yet');
    const byRung = Map.groupBy(requests.keys(), (i) => this.#rungOf(ladder, requests[i]?.state.userId ?? ''));
    const lists: RecommendationList[] = [];
    // All at once: each looks at the catalogue as it is now.
    const making = [...byRung].map(async ([rung, indexes]) => {
      if (rung === undefined) throw new Error('no checkpoint is for everybody');
      const started = performance.now();
      const made = await rung.loaded.during(() =>
        rung.recommender.recommend(
          indexes.flatMap((i) => requests[i] ?? []),
          urgency,
        ),
      );
      this.#options.onLists?.({ serving: rung, lists: made, ms: performance.now() - started });
      for (const [place, i] of indexes.entries()) if (made[place]) lists[i] = made[place];
    });
    await Promise.all(making);
    return lists;
  }

  /** Lets all go, also what is being loaded: a process must not end under a runtime that works. */
  async close(): Promise<void> {
    this.#ladder = [];
    await this.#refreshing?.catch(() => undefined);
    this.#ladder = [];
    this.#loader.close();
  }

  #rungOf(ladder: readonly Rung[], userId: string): Rung | undefined {
    return ladder.length === 1 ? ladder[0] : ladder.find(({ share }) => isIn(userId, share));
  }

  /** Refusals of what counts now. */
  get #counting(): readonly RefusedCheckpoint[] {
    return this.#refused.filter(({ sequence }) => this.#newest.some((one) => one.sequence === sequence));
  }

  async #refresh(): Promise<void> {
    // While nothing serves there is nothing better to do than to try again what failed here alone.
    if (this.#ladder.length === 0) this.#refused = this.#refused.filter(({ fault }) => fault !== 'engine');
    for (;;) {
      const unusable = this.#refused.filter(({ fault }) => fault === 'content').map(({ sequence }) => sequence);
      this.#newest = await this.#options.store.newest(new Set(unusable));
      const oldest = this.#newest.at(-1)?.sequence ?? 0;
      this.#refused = this.#refused.filter((one) => one.sequence < oldest || this.#counting.includes(one));
      const ladder = await this.#climb(this.#wanted(this.#newest));
      if (ladder === undefined) continue;
      this.#swap(ladder);
      return;
    }
  }

  /** The ladder of what is not refused and what serves already: that counts even where a store has lost it. */
  #wanted(newest: readonly Publication[]): readonly Publication[] {
    const usable = newest.filter(({ sequence }) => !this.#refused.some((one) => one.sequence === sequence));
    const all = new Map([...this.#ladder, ...usable].map((one) => [one.sequence, one]));
    return ladderOf([...all.values()].sort((a, b) => b.sequence - a.sequence));
  }

  /** The rungs, those in service as they are. Undefined when one was refused: then others are wanted. */
  async #climb(wanted: readonly Publication[]): Promise<readonly Rung[] | undefined> {
    const ladder: Rung[] = [];
    for (const publication of wanted.toReversed()) {
      try {
        const present = this.#ladder.find(({ sequence }) => sequence === publication.sequence);
        ladder.unshift(present ?? (await this.#rung(publication, (ladder.at(-1) ?? this.#ladder.at(-1))?.loaded)));
      } catch (error) {
        if (error instanceof Unavailable) throw error;
        this.#refuse(publication, error);
        return undefined;
      }
    }
    return ladder;
  }

  #refuse({ sequence }: Publication, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const judged = error instanceof OneForAll ? 'comparison' : 'content';
    const refused = { sequence, reason, fault: error instanceof LoadFailed ? 'engine' : judged } as const;
    this.#refused = [...this.#refused, refused].sort((a, b) => b.sequence - a.sequence);
    this.#options.onRefusal?.(refused);
  }

  async #rung(publication: Publication, beside: LoadedCheckpoint | undefined): Promise<Rung> {
    const { loaded, overlap } = await this.#loader.open(publication.sequence, beside);
    const { content, checkpoint, model } = loaded;
    const id = `${publication.sequence}-${content.slice(0, CONTENT_ID_DIGITS)}`;
    const { catalogue, settings } = this.#options;
    const parts = { checkpointId: id, checkpoint, model, catalogue, settings };
    const recommender = await inPieces(makingRecommender(parts));
    return { ...publication, id, checkpoint, overlap, loaded, recommender };
  }

  /** Between two batches: whoever recommends looks at the ladder once. */
  #swap(ladder: readonly Rung[]): void {
    const before = this.#ladder;
    this.#ladder = ladder;
    this.#loader.keep(new Set(this.#ladder.map(({ loaded }) => loaded)));
    for (const rung of this.#ladder.toReversed()) {
      if (before.includes(rung)) continue;
      const isForAll = rung === this.#ladder.at(-1);
      this.#options.onSwap?.(rung, (isForAll ? before : this.#ladder).at(-1));
    }
  }
}
