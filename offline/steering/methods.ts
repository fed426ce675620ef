/**
 * Methods of steering. A method is a function from what calibration knows of an attribute to interventions by strength;
 * whoever runs the model knows interventions and no method. x: residual stream after block 1 at the last position, f_j:
 * activation of the feature with the greatest correlation, W_j its decoder row, std the SAE's scaling.
 *
 * | method | what strength s does |
 * | --- | --- |
 * | score | s logits are added to every item that bears the attribute: re-ranking, without any SAE |
 * | personal | the same, more for some users than for others (methods/personal.ts) |
 * | replace | x' = decode(f with f_j = s), the paper's (section 4.3) |
 * | delta | x' = x + std (s - f_j) W_j |
 * | add | x' = x + std s W_j |
 * | causal | delta on the feature of greatest causal effect (methods/causal.ts) |
 * | bounded | x' = (1 - s) x + s \|x\| W_j, which keeps the norm ("From Knots to Knobs") |
 * | means | x' = x + s (mean x with the attribute - mean x without), the difference of means |
 * | probe | x' = x + s std w / \|w\|, w the weights of a logistic regression |
 * | features | several features of the SAEs of several blocks (methods/sparse-features.ts) |
 * | last | s v_L after the last block, learned alone (methods/directions.ts) |
 * | directions | s v_l after every block l |
 * | adapter | x_L' = x_L + s u(x_L) after the last block, taught by re-ranking (methods/adapter.ts) |
 * | hybrid | 2 s logits, and after every block a share of min(s, 1) v_l, learned beside a score term of 2 logits |
 * | tuned | of hybrids with a quarter, a half and three quarters of v_l what serves the choosing users best, if clearly better than score; else score |
 * | latent | of delta, means, directions and adapter, none of which needs a label to serve, what serves the choosing users best |
 */
import { HYBRID_SHARES } from '../methods/settings.js';

/** In the order of reports; the first is what the others are held against. */
export const METHODS = [
  'score',
  'personal',
  'replace',
  'delta',
  'add',
  'causal',
  'bounded',
  'means',
  'probe',
  'features',
  'last',
  'directions',
  'adapter',
  'hybrid',
  'tuned',
  'latent',
] as const;
export type Method = (typeof METHODS)[number];
/** What acts by itself: the others choose among these. */
export type Acting = Exclude<Method, 'tuned' | 'latent'>;

/** Serve by knowing which items bear the attribute. */
const BY_LABELS: readonly Method[] = ['score', 'personal', 'hybrid', 'tuned'];
/** Of a concept that has no labels when it serves; the first is what cannot be had there, and what the others are held against. */
export const UNLABELLED: readonly Method[] = METHODS.filter(
  (method) => method === 'score' || !BY_LABELS.includes(method),
);

/** What a strength is chosen for: a method, and which of its kind (a hybrid's share of directions, gamma of personal). */
export interface Variant {
  readonly method: Acting;
  readonly by: number;
}

const one = (method: Acting, by = 1): readonly Variant[] => [{ method, by }];

const HYBRIDS: readonly Variant[] = HYBRID_SHARES.map((by) => ({ method: 'hybrid', by }));

/** Of which each method takes, for each attribute, what serves the choosing users best. */
export const VARIANTS: Readonly<Record<Method, readonly Variant[]>> = {
  score: one('score'),
  personal: [-0.5, -0.25, 0.25, 0.5].map((by) => ({ method: 'personal', by })),
  replace: one('replace'),
  delta: one('delta'),
  add: one('add'),
  causal: one('causal'),
  bounded: one('bounded'),
  means: one('means'),
  probe: one('probe'),
  features: one('features'),
  last: one('last'),
  directions: one('directions'),
  adapter: one('adapter'),
  hybrid: one('hybrid', 0.5),
  tuned: [...one('score'), ...HYBRIDS],
  latent: (['delta', 'means', 'directions', 'adapter'] as const).flatMap((method) => one(method)),
};
