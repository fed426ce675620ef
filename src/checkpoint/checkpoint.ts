/** A checkpoint in memory: everything a service needs to recommend, as plain arrays (no tensors). */
import type { SteeringMap } from '../steering/steering-map.js';
import type { Manifest } from './manifest.js';

/** A weight: row-major values and their shape. */
export interface WeightArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Item index <-> item id, and how often each was seen in training. */
export interface Vocabulary {
  /** By item index. */
  readonly items: readonly string[];
  /** Training interactions by item index. */
  readonly counts: Float64Array;
}

/** Which items bear which attribute, by item index, ascending. */
export interface Attributes {
  readonly names: readonly string[];
  readonly items: readonly Int32Array[];
}

/** [feature of an earlier checkpoint, feature of this one], by ascending first; each feature once on either side. */
export type FeaturePairs = readonly (readonly [from: number, to: number])[];

/** See feature-map.ts. */
export interface FeatureMap {
  /** The earlier checkpoint's content id. */
  readonly content: string;
  readonly features: FeaturePairs;
}

export interface Checkpoint {
  readonly manifest: Manifest;
  /** `gptrec.*`, `sae.*` and `steering.*`; see src/model for the names and shapes. */
  readonly weights: ReadonlyMap<string, WeightArray>;
  readonly vocabulary: Vocabulary;
  readonly attributes: Attributes;
  readonly steeringMap: SteeringMap;
  /** Features of earlier checkpoints among its own, the newest first. */
  readonly featureMaps: readonly FeatureMap[];
}
