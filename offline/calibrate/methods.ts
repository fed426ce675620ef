/**
 * The methods that calibration measures for an attribute, each as the terms that will serve it. Directions and adapters
 * are named within the attribute's own: there is at most one of either, and its index is 0.
 */
import type { SteeringMethod, Term } from '../../src/steering/steering-map.js';
import { HYBRID_SCORE, HYBRID_SHARES } from '../methods/settings.js';
import type { Candidate } from './candidates.js';

export interface CandidateMethod {
  readonly method: SteeringMethod;
  readonly terms: readonly Term[];
  /** Strengths to measure, from weak to strong, both ways. */
  readonly strengths: readonly number[];
}

/** Multiples of the feature's own scale; for score terms logits; of what was learned its own unit. */
const LATENT_STEPS = [0.125, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6];
const SCORE_STEPS = [0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 6, 8];
const LEARNED_STEPS = [0.125, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3];

/** What has to be learned. */
export interface Lessons {
  readonly directions: boolean;
  readonly adapter: boolean;
}

export function lessonsFor(wanted: SteeringMethod | 'best'): Lessons {
  return { directions: ['best', 'direction', 'hybrid'].includes(wanted), adapter: wanted === 'adapter' };
}

/** @param learned what was */
export function methodsFor(candidate: Candidate, wanted: SteeringMethod | 'best', learned: Lessons): CandidateMethod[] {
  const isThere = ({ terms }: CandidateMethod): boolean =>
    (learned.directions || terms.every(({ kind }) => kind !== 'direction')) &&
    (learned.adapter || terms.every(({ kind }) => kind !== 'adapter'));
  const all = [...plainMethods(candidate), ...learnedMethods().filter(isThere)];
  const isMeasured = ({ method }: CandidateMethod): boolean =>
    method === 'score' || method === wanted || (wanted === 'best' && !ON_REQUEST.includes(method));
  return all.filter(isMeasured);
}

/**
 * `replace` costs what the SAE fails to reconstruct, directions alone come to less than with a score term, and an adapter
 * cannot be better than the score term that teaches it: it is for those who want none.
 */
const ON_REQUEST: readonly SteeringMethod[] = ['replace', 'direction', 'adapter'];

function plainMethods({ feature, scale }: Candidate): CandidateMethod[] {
  const latent = (mode: 'delta' | 'add' | 'replace'): CandidateMethod => ({
    method: mode,
    terms: [{ kind: 'latent', feature, mode, per: 1 }],
    strengths: LATENT_STEPS.map((step) => step * scale),
  });
  const score: CandidateMethod = { method: 'score', terms: [{ kind: 'score', per: 1 }], strengths: SCORE_STEPS };
  return [latent('delta'), latent('add'), latent('replace'), score];
}

function learnedMethods(): CandidateMethod[] {
  const hybrid = (share: number): CandidateMethod => ({
    method: 'hybrid',
    terms: [
      { kind: 'score', per: HYBRID_SCORE },
      // Where lists hold little else any more, more of the directions only reorders them.
      { kind: 'direction', direction: 0, per: share, most: share },
    ],
    strengths: LEARNED_STEPS,
  });
  return [
    { method: 'direction', terms: [{ kind: 'direction', direction: 0, per: 1 }], strengths: LEARNED_STEPS },
    { method: 'adapter', terms: [{ kind: 'adapter', adapter: 0, per: 1 }], strengths: LEARNED_STEPS },
    ...HYBRID_SHARES.map(hybrid),
  ];
}
