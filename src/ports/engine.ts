/** The engine: windows of items and edits in, the best items out. */
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { RankingRules } from '../model/rank.js';

export interface EngineRequest extends RankingRules {
  /** Item indexes of the checkpoint's vocabulary, oldest first; 1 to `window` of them. */
  readonly window: Int32Array;
}

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
  recommend(requests: readonly EngineRequest[]): Promise<readonly Ranking[]>;
  dispose(): void;
}

export interface Engine {
  /** Such as `tfjs-wasm` or `tfjs-tensorflow`. */
  readonly name: string;
  load(checkpoint: Checkpoint): Promise<LoadedModel>;
}
