/** What each method does at a strength (methods.ts), from what calibration knows of a concept. */
import type { AdapterWeights } from '../../src/model/adapter.js';
import type { LatentMode } from '../../src/model/edit.js';
import type { Candidate } from '../calibrate/candidates.js';
import type { Intervention } from '../evaluate/sweep.js';
import type { ScaledFeature } from '../methods/causal.js';
import { personalAmounts } from '../methods/personal.js';
import { HYBRID_SCORE } from '../methods/settings.js';
import type { Acting, Variant } from './methods.js';

/** `scale`: the unit of the feature's strengths. Vectors are in the model's units. */
export interface Known extends Pick<Candidate, 'items' | 'feature' | 'scale'> {
  /** Of the feature's SAE. */
  readonly layer: number;
  readonly causal: ScaledFeature;
  /** [d], of unit length: the feature's decoder row. */
  readonly towards: Float32Array;
  /** [d] */
  readonly means: Float32Array;
  /** [d] */
  readonly probe: Float32Array;
  /** [d] for each block. */
  readonly learned: Readonly<Record<'features' | 'last' | 'directions' | 'hybrid', readonly Float32Array[]>>;
  readonly adapter: AdapterWeights<Float32Array>;
}

/** Strengths that are tried, from weak to strong. */
export function strengthsOf(method: Acting, { scale, causal }: Known): readonly number[] {
  switch (method) {
    case 'score':
    case 'personal':
      return [0.5, 1, 1.5, 2, 2.5, 3, 4, 6];
    case 'replace':
    case 'delta':
    case 'add':
      return LATENT.map((s) => s * scale);
    case 'causal':
      return LATENT.map((s) => s * causal.scale);
    case 'bounded':
      return [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8];
    case 'means':
    case 'probe':
      return [0.5, 1, 2, 3, 4, 6, 8, 12];
    default:
      return [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3];
  }
}

const LATENT = [0.25, 0.5, 1, 1.5, 2, 3, 4, 6];

/** @param leaning of each case towards the attribute (methods/personal.ts) */
export function intervene(
  { method, by }: Variant,
  known: Known,
  strength: number,
  leaning: Float64Array,
): Intervention {
  const { items, layer, causal, learned } = known;
  if (strength === 0) return {};
  const latent = (mode: LatentMode, feature: number): Intervention => ({
    edits: [{ kind: 'latent', layer, feature, mode, amount: strength }],
  });
  switch (method) {
    case 'score':
      return { score: { items, amount: strength } };
    case 'personal':
      return { score: { items, amount: personalAmounts(leaning, strength, by) } };
    case 'replace':
    case 'delta':
    case 'add':
      return latent(method, known.feature);
    case 'causal':
      return latent('delta', causal.feature);
    case 'bounded':
      return { dial: { towards: known.towards, amount: strength } };
    case 'means':
    case 'probe':
      return { direction: scaled(known[method], strength) };
    case 'adapter':
      return { adapter: { weights: known.adapter, amount: strength } };
    case 'features':
    case 'last':
    case 'directions':
      return { shifts: learned[method].map((direction) => scaled(direction, strength)) };
    case 'hybrid':
      return {
        // Where lists hold little else any more, more of the directions only reorders them.
        shifts: learned.hybrid.map((direction) => scaled(direction, by * Math.min(strength, 1))),
        score: { items, amount: strength * HYBRID_SCORE },
      };
  }
}

const scaled = (direction: Float32Array, by: number): Float32Array => direction.map((value) => value * by);
