/**
 * Methods of steering. A method is a function from what calibration knows of an attribute to interventions by strength;
 * whoever runs the model knows interventions and no method. x: residual stream after block 1 at the last position, f_j:
 * activation of the feature with the greatest correlation, W_j its decoder row, v_l: learned directions (learn.ts).
 *
 * | method | what strength s does |
 * | --- | --- |
 * | score | s logits are added to every item that bears the attribute: re-ranking, without any SAE |
 * | replace | x' = decode(f with f_j = s), the paper's (section 4.3) |
 * | delta | x' = x + std (s - f_j) W_j |
 * | add | x' = x + std s W_j |
 * | means | x' = x + s (mean x with the attribute - mean x without), the difference of means |
 * | last | s v_L after the last block, learned alone |
 * | directions | s v_l after every block l |
 * | hybrid | s c logits, and after every block a share of min(s, 1) v_l, learned beside a score term of c logits |
 */
import type { LatentMode } from '../../src/model/edit.js';
import type { Candidate } from '../calibrate/calibration.js';
import type { Intervention } from '../evaluate/sweep.js';
import type { LearnSettings } from './learn.js';

export const METHODS = ['score', 'replace', 'delta', 'add', 'means', 'last', 'directions', 'hybrid'] as const;
export type Method = (typeof METHODS)[number];

/** Methods that are learned, and how. */
export const LEARNED = {
  last: { balance: 0.5, score: 0, steps: 200, learningRate: 0.03 },
  directions: { balance: 0.5, score: 0, steps: 200, learningRate: 0.03 },
  hybrid: { balance: 0.5, score: 2, steps: 200, learningRate: 0.02 },
} as const satisfies Readonly<Record<string, LearnSettings>>;

/** Of the learned directions, that a hybrid adds; the score term does the rest. */
const HYBRID_SHARE = 0.5;

/** What a strength is chosen for: a method, and where it is a hybrid of another share of the directions, that share. */
export interface Variant {
  readonly method: Method;
  readonly share?: number;
}

/** Of which `tuned` takes the best for each attribute: re-ranking, and hybrids with more and more of the directions. */
export const TUNED: readonly Variant[] = [
  { method: 'score' },
  { method: 'hybrid', share: 0.25 },
  { method: 'hybrid' },
  { method: 'hybrid', share: 0.75 },
];

/** `scale`: the unit of the feature's strengths. */
export interface Known extends Pick<Candidate, 'items' | 'feature' | 'scale'> {
  /** Of the feature's SAE. */
  readonly layer: number;
  /** [d], in the model's units. */
  readonly means: Float32Array;
  readonly learned: Readonly<Record<keyof typeof LEARNED, readonly Float32Array[]>>;
}

/** Strengths that are tried, from weak to strong. */
export function strengthsOf(method: Method, { scale }: Known): readonly number[] {
  if (method === 'score') return [0.5, 1, 1.5, 2, 2.5, 3, 4, 6, 8];
  if (method === 'replace' || method === 'delta' || method === 'add') {
    return [0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6].map((s) => s * scale);
  }
  if (method === 'means') return [0.5, 1, 2, 3, 4, 6, 8, 12];
  return [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3];
}

export function intervene({ method, share = HYBRID_SHARE }: Variant, known: Known, strength: number): Intervention {
  const { items, layer, feature, means, learned } = known;
  if (strength === 0) return {};
  if (method === 'score') return { score: { items, amount: strength } };
  if (method === 'means') return { direction: scaled(means, strength) };
  if (isLatent(method)) return { edits: [{ kind: 'latent', layer, feature, mode: method, amount: strength }] };
  // Where lists hold little else any more, more of the directions only reorders them.
  const by = method === 'hybrid' ? share * Math.min(strength, 1) : strength;
  const [first, ...later] = learned[method].map((direction) => scaled(direction, by));
  return {
    ...(first && { direction: first, later }),
    ...(method === 'hybrid' && { score: { items, amount: strength * LEARNED.hybrid.score } }),
  };
}

const isLatent = (method: Method): method is LatentMode & Method =>
  method === 'replace' || method === 'delta' || method === 'add';

const scaled = (direction: Float32Array, by: number): Float32Array => direction.map((value) => value * by);
