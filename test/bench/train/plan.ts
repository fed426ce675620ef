/** What a run of the train bench measures, shared by its processes. */

/** Sizes of the paper's protocol on MovieLens 1M, unless told otherwise. */
export interface TrainPlan {
  readonly gptrec: {
    readonly items: number;
    readonly width: number;
    readonly heads: number;
    readonly layers: number;
    readonly window: number;
    /** Users a batch, each with a full window. */
    readonly batch: number;
    readonly dropout: number;
    /** That are timed, after as many as `warmUp`. */
    readonly steps: number;
  };
  readonly sae: { readonly features: number; readonly batch: number; readonly l1: number; readonly steps: number };
  readonly warmUp: number;
  /** Of one operation, where the runtime has several. */
  readonly threads: number;
}

/** What is trained. */
export type Part = 'gptrec' | 'sae';

/** Ms of the timed steps of one part, and what its process held at most, bytes (resident). */
export interface PartTimings {
  readonly ms: readonly number[];
  readonly peakBytes: number;
}

/** Ms of the timed steps, and what the processes held at most, bytes (resident). */
export interface Timings {
  readonly gptrec: readonly number[];
  readonly sae: readonly number[];
  readonly peakBytes: number;
}
