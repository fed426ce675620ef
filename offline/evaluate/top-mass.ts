/**
 * p_top100 (the paper's section 7.2): of the mass of a feature's 100 greatest activations, the share on items with a
 * property. A feature of one popular item reaches 1 for whatever that item has: so the items are counted too.
 */
import type { TopMass } from './results.js';
import type { Strongest } from './strongest.js';

/** The 100. */
export const TOP = 100;

/** A feature of fewer items is about these items, whatever they have in common. */
const LEAST_ITEMS = 3;

/** An attribute, or a series told from titles. */
export interface Property {
  readonly name: string;
  readonly items: Int32Array;
  /** The feature that correlates best with it; none was looked for where it is left out. */
  readonly top?: number;
}

/**
 * Of each property: the share of its top feature, and the feature with the greatest share among those that are active
 * at as many positions as are looked at, and not at one or two items alone; of equals that of the most items.
 * @param strongest by feature
 * @param items at all positions
 */
export function topMasses(
  strongest: readonly Strongest[],
  items: Int32Array,
  properties: readonly Property[],
): TopMass[] {
  const itemCounts = strongest.map(({ positions }) => new Set(Array.from(positions, (n) => items[n] ?? -1)).size);
  const candidates = [...strongest.keys()].filter(
    (j) => (strongest[j]?.positions.length ?? 0) >= TOP && (itemCounts[j] ?? 0) >= LEAST_ITEMS,
  );
  return properties.map(({ name, items: bearers, top }) => {
    const borne = new Set(bearers);
    const shares = strongest.map((one) => shareOf(one, items, borne));
    const bearing = items.reduce((count, item) => count + (borne.has(item) ? 1 : 0), 0);
    const [best] = candidates.toSorted(
      (a, b) => (shares[b] ?? 0) - (shares[a] ?? 0) || (itemCounts[b] ?? 0) - (itemCounts[a] ?? 0),
    );
    return {
      attribute: name,
      popularity: bearing / Math.max(1, items.length),
      top: top === undefined ? null : { feature: top, share: shares[top] ?? 0 },
      best: best === undefined ? null : { feature: best, share: shares[best] ?? 0, items: itemCounts[best] ?? 0 },
    };
  });
}

/** Share of the mass on the items that are borne; 0 where the feature is never active. */
export function shareOf({ positions, activations }: Strongest, items: Int32Array, borne: ReadonlySet<number>): number {
  let [part, mass] = [0, 0];
  for (const [i, position] of positions.entries()) {
    const value = activations[i] ?? 0;
    mass += value;
    if (borne.has(items[position] ?? -1)) part += value;
  }
  return mass > 0 ? part / mass : 0;
}
