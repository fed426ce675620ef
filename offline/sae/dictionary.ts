/** What is trained: a dictionary's settings, its weights while they are trained, and what one kind of it must say. */
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs';
import type { SaeCore } from '../../src/model/sae.js';
import type { Place, SaeActivation } from '../../src/model/shapes.js';
import type { ActivationSet } from './activation-set.js';

export const SAE_KINDS = ['l1', 'topk', 'batch-topk', 'matryoshka', 'jumprelu'] as const;
export type SaeKind = (typeof SAE_KINDS)[number];

/** The sparsity of each kind; see `kinds/` for the equations. */
export type Sparsity =
  | { readonly kind: 'l1'; readonly l1: number; readonly loss: 'unsquared' | 'squared' }
  | { readonly kind: 'topk' | 'batch-topk' | 'matryoshka' | 'jumprelu'; readonly k: number };

/** The same of a dictionary that was found: of one from elsewhere only its mean number of active features is known. */
export type FoundSparsity = Sparsity | { readonly kind: 'imported'; readonly k: number };

/** One dictionary to be trained. */
export interface DictionarySettings {
  /** Names its file; unlike every other's of the run. */
  readonly name: string;
  readonly place: Place;
  /** Dictionary size, m. */
  readonly features: number;
  readonly sparsity: Sparsity;
  /** Weight of the loss that revives dead features (revival.ts); 0: they stay dead. */
  readonly revive: number;
  /** Of the first weights and of the order of activations. */
  readonly seed: number;
}

/** What dictionaries of one pass share: one order of activations, one length. */
export interface Schedule {
  readonly seed: number;
  /** Activations a step. */
  readonly batch: number;
  readonly steps: number;
  /** Steps of rising learning rate. */
  readonly warmUp: number;
  readonly learningRate: number;
  /** Activations after which a feature that was active for none of them counts as dead. */
  readonly deadAfter: number;
}

/** The paper's (section 4.1), and for what the paper does not have, what the kinds' own papers name. */
export const PAPER_SAE = {
  l1: 0.1,
  loss: 'unsquared',
  batch: 256,
  steps: 10_000,
  warmUp: 1_000,
  learningRate: 1e-3,
} as const;
export const PAPER_FEATURES = 2048;

/** The weights that gradients reach. */
export interface Trained<T = Tensor> extends SaeCore<T> {
  /** [m], of `jumprelu`: logarithms of the thresholds. */
  readonly logThreshold?: T;
}

/** What a batch of activations becomes. x [N, d]. */
export interface Coded {
  readonly loss: Scalar;
  /** [N, m] */
  readonly preActivations: Tensor2D;
  /** [N, m] */
  readonly features: Tensor2D;
  /** x^ [N, d], which not every loss makes. */
  readonly reconstruction: () => Tensor2D;
}

/** One kind of dictionary: how it begins, what it minimises, and how it serves. */
export interface Recipe {
  /**
   * First encoder: `unrelated` small numbers, as the paper's authors begin; or the decoder `transposed`, which leaves
   * fewer features dead (Gao et al. 2024, appendix A.1) and explodes where no k bounds how many are active.
   */
  readonly encoder: 'unrelated' | 'transposed';
  /** First thresholds, where they are trained. */
  readonly threshold?: number;
  /** Normalised x [N, d]; `progress` of the training in [0, 1]. */
  code(weights: Trained, x: Tensor2D, progress: number): Coded;
  /** How it serves, and the thresholds [m] where it serves by them. Normalised activations of the training. */
  serve(weights: Trained, sample: () => Iterable<Tensor2D>): { activation: SaeActivation; threshold?: Float32Array };
}

/** The activations that a run trains on, by place. */
export type SetsByPlace = (place: Place) => ActivationSet;
