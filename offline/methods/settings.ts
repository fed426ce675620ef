/** How methods that are learned are learned, on MovieLens 1M and whatever is like it (docs/results/steering.md). */
import type { AdapterSettings } from './adapter.js';
import type { LearnSchedule } from './learn.js';
import type { SparseSettings } from './sparse-features.js';

export interface DirectionSettings extends LearnSchedule {
  /** Weight of cases that do not bear the attribute. */
  readonly balance: number;
  /** Logits added to the scores of bearers meanwhile. */
  readonly score: number;
}

export interface LearnedSettings {
  readonly features: DirectionSettings & SparseSettings;
  readonly last: DirectionSettings;
  readonly directions: DirectionSettings;
  readonly adapter: AdapterSettings;
  readonly hybrid: DirectionSettings;
}

/** Steps that directions are learned for; more change little. */
export const LEARN_STEPS = 200;

/** @param steps of directions; what has more weights takes more, and what has fewer fewer */
export const learnedSettings = (steps: number): LearnedSettings => ({
  features: { balance: 0.5, score: 0, steps: Math.ceil(0.75 * steps), learningRate: 0.05, sparsity: 0.01 },
  last: { balance: 0.5, score: 0, steps, learningRate: 0.03 },
  directions: { balance: 0.5, score: 0, steps, learningRate: 0.03 },
  adapter: { hidden: 128, teacher: 2, batch: 400, steps: 5 * steps, learningRate: 0.01 },
  hybrid: { balance: 0.5, score: HYBRID_SCORE, steps, learningRate: 0.02 },
});

/** Logits that a hybrid adds at strength 1, to the scores of bearers. */
export const HYBRID_SCORE = 2;

/** Shares of the learned directions that hybrids add, beside their score term. */
export const HYBRID_SHARES = [0.25, 0.5, 0.75] as const;

/** Cases of an attribute, and of all, that directions are learned from; and cases that adapters are taught by. */
export const TEACHING_DEFAULTS = { cases: 3000, lateCases: 40_000 } as const;
