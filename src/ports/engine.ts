/** The engine: windows of items and edits in, the best items out. */
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { RankingRules } from '../model/rank.js';

/** An engine may keep its arrays beyond the answer: whoever asks does not change them. */
export interface EngineRequest extends RankingRules {
  /** Item indexes of the checkpoint's vocabulary, oldest first; 1 to `window` of them. */
  readonly window: Int32Array;
}

/** Whether somebody waits for the answer, who is to have it before much else, or the stream. */
export type Urgency = 'interactive' | 'stream';

/** Batches that the stream asks for at once at most: while one is ranked, the next is prepared, and their ends share calls. */
export const STREAM_BATCHES = 4;

/** The best items, best first; ties by lower index. Fewer than k where the exclusions leave no more. */
export interface Ranking {
  readonly items: Int32Array;
  readonly scores: Float32Array;
  /**
   * [d]: an item's score, before score edits, is the product of its embedding with it. Cold items are ranked by it; none
   * are where an engine does not tell it.
   */
  readonly query?: Float32Array;
}

export interface LoadedModel {
  /** @throws Overloaded where the engine refuses rather than let everyone wait longer; Unavailable */
  recommend(requests: readonly EngineRequest[], urgency?: Urgency): Promise<readonly Ranking[]>;
  /** Not before the last answer. */
  dispose(): void;
}

/** What an engine that batches tells of a batch. */
export interface EngineBatch {
  /** `step`: one position of each window, from what was kept; `window`: whole windows. */
  readonly kind: 'step' | 'window';
  readonly size: number;
  /** Whether a search in few bits told which items to score, and not the product with all of them. */
  readonly isSearched: boolean;
  /** By stage, ms: wait (of the request that waited longest), pack, run, keep, transit. */
  readonly ms: Readonly<Record<string, number>>;
  /** Requests that wait now. */
  readonly waiting: Readonly<Record<Urgency, number>>;
  /** What is kept of windows now. */
  readonly cachedBytes: number;
}

/** What happens in an engine, for metrics. */
export interface EngineObserver {
  /** A request's window was kept whole (`same`), but for its last item (`longer`), or not at all. */
  looked(found: 'same' | 'longer' | 'none'): void;
  ranked(batch: EngineBatch): void;
  refused(urgency: Urgency): void;
  /** It is replaced, unless the model broke by it. */
  workerDied(why: Error): void;
  /** A model answers no more, and will not again: the process should end. */
  broke(why: Error): void;
}

export interface Engine {
  /** Such as `tfjs-wasm` or `tfjs-tensorflow`. */
  readonly name: string;
  load(checkpoint: Checkpoint): Promise<LoadedModel>;
}
