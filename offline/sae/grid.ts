/** Several dictionaries at once: every combination of what was asked for. */
import type { Site } from '../../src/model/shapes.js';
import { UserError } from '../../src/terminal/user-error.js';
import { type DictionarySettings, PAPER_FEATURES, PAPER_SAE, type SaeKind, type Sparsity } from './dictionary.js';
import { REVIVE } from './revival.js';

export interface Grid {
  readonly kind: readonly SaeKind[];
  readonly layer: readonly number[];
  readonly site: readonly Site[];
  readonly features: readonly number[];
  /** Weights of sparsity, of `l1`. */
  readonly l1: readonly number[];
  readonly loss: 'unsquared' | 'squared';
  /** Active features an activation, of the other kinds. */
  readonly k: readonly number[];
  /** Weight of the revival of dead features; by default that of the kind. */
  readonly revive?: number;
  readonly seed: readonly number[];
}

/** The paper's one dictionary; k as in the smaller models of the kinds' own papers. */
export const PAPER_GRID = {
  kind: ['l1'],
  layer: [1],
  site: ['block'],
  features: [PAPER_FEATURES],
  l1: [PAPER_SAE.l1],
  loss: PAPER_SAE.loss,
  k: [32],
  seed: [42],
} as const satisfies Grid;

/** @throws UserError where a k is greater than a dictionary. */
export function dictionariesOf({ kind, layer, site, features, l1, loss, k, revive, seed }: Grid): DictionarySettings[] {
  const sparsities = unique(kind).flatMap((one): Sparsity[] =>
    one === 'l1'
      ? unique(l1).map((weight) => ({ kind: one, l1: weight, loss }))
      : unique(k).map((count) => ({ kind: one, k: count })),
  );
  return unique(layer).flatMap((at) =>
    unique(site).flatMap((where) =>
      unique(features).flatMap((m) =>
        sparsities.flatMap((sparsity) => {
          if (sparsity.kind !== 'l1' && sparsity.k > m)
            throw new UserError(`a dictionary of ${m} features cannot have ${sparsity.k} active: choose a smaller --k`);
          const place = { layer: at, site: where };
          const common = { place, features: m, sparsity, revive: revive ?? defaultRevival(sparsity) };
          const name = nameOf(sparsity, m, place);
          return unique(seed).map((one, i) => ({ ...common, name: i === 0 ? name : `${name}-seed${one}`, seed: one }));
        }),
      ),
    ),
  );
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** The paper revives nothing; the papers of the kinds with a k do. */
const defaultRevival = ({ kind }: Sparsity): number => (kind === 'l1' || kind === 'jumprelu' ? 0 : REVIVE);

/** Such as `l1-0.1-2048-block1`. */
function nameOf(sparsity: Sparsity, m: number, { layer, site }: DictionarySettings['place']): string {
  const squared = sparsity.kind === 'l1' && sparsity.loss === 'squared' ? '-squared' : '';
  const knob = sparsity.kind === 'l1' ? sparsity.l1 : sparsity.k;
  return `${sparsity.kind}${squared}-${knob}-${m}-${site}${layer}`;
}
