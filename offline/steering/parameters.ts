/** What a comparison of methods is told. */
import type { SplitKind } from '../dataset/split.js';
import { LEARN_STEPS, TEACHING_DEFAULTS } from '../methods/settings.js';
import type { Method } from './methods.js';

export interface SteeringParameters {
  readonly split: SplitKind;
  /** Names; empty: all that enough items bear. Not with concepts. */
  readonly attributes: readonly string[];
  /** Kinds of concepts that have no labels when they are served (concepts.ts); compared instead of attributes. */
  readonly concepts: readonly string[];
  /** Discovered features, at most. */
  readonly features: number;
  /** Besides re-ranking, which the others are held against; empty: all that serve what is compared. */
  readonly methods: readonly Method[];
  /** What fewer items bear is left out; series need three. */
  readonly minItems: number;
  /** What fewer cases of those who teach, choose or judge take next is left out. */
  readonly minCases: number;
  /** Share of NDCG that may be lost. */
  readonly budget: number;
  /** Cases of each concept, and of all, that directions are learned from. */
  readonly cases: number;
  /** Cases that adapters are taught by. */
  readonly lateCases: number;
  /** That directions are learned for. */
  readonly steps: number;
  /** Cases whose next item bears the concept, that choose. */
  readonly wishes: number;
  /** Users who judge, at most. */
  readonly judges: number;
  /** Last cases of each judge among which intents are found; 1: the test's alone. */
  readonly judgedCases: number;
  readonly seed: number;
  readonly force?: boolean;
}

export const STEERING_DEFAULTS = {
  attributes: [],
  concepts: [],
  features: 12,
  methods: [],
  budget: 0.1,
  ...TEACHING_DEFAULTS,
  steps: LEARN_STEPS,
  wishes: 1000,
  judges: 5000,
  judgedCases: 1,
  minItems: 10,
  minCases: 1,
  seed: 42,
} as const;
