/** From an equalizer to edits, by way of the steering map. Pure. */
import type { Gains } from '../events/events.js';
import type { Edit } from '../model/edit.js';
import type { AttributeSteering, SteeringMap, SteeringMethod, Term } from './steering-map.js';

/** What one gain comes to. */
export interface PlannedGain {
  readonly attribute: string;
  readonly gain: number;
  /** `none`: this checkpoint cannot steer the attribute. */
  readonly method: SteeringMethod | 'none';
  /** The strength that the method's terms are at. */
  readonly amount: number;
  /** Held below what was asked, by the budget. */
  readonly limited: boolean;
}

export interface SteeringPlan {
  readonly gains: readonly PlannedGain[];
  /** For GPTRec. */
  readonly edits: readonly Edit[];
  /** For a ranking by popularity alone, which has no latent to edit: score terms of the same lift. */
  readonly popularEdits: readonly Edit[];
}

export type Planner = (gains: Gains) => SteeringPlan;

/** @param attributeIndex index of an attribute among the checkpoint's; undefined for an unknown one. */
export function createPlanner(map: SteeringMap, attributeIndex: (attribute: string) => number | undefined): Planner {
  const steerable = new Map(map.attributes.map((entry) => [entry.attribute, entry]));
  return (gains) => {
    const planned: PlannedGain[] = [];
    const edits: Edit[] = [];
    const popularEdits: Edit[] = [];
    for (const [attribute, gain] of Object.entries(gains).sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (gain === 0) continue;
      const steering = steerable.get(attribute);
      const index = attributeIndex(attribute);
      if (steering === undefined || index === undefined) {
        planned.push({ attribute, gain, method: 'none', amount: 0, limited: true });
        continue;
      }
      const { lift, limited } = liftOf(gain, steering, map.unitLift);
      const amount = amountFor(lift, steering.curve);
      planned.push({ attribute, gain, method: steering.method, amount, limited });
      edits.push(...editsOf(steering.terms, amount, index, map.layer));
      popularEdits.push({ kind: 'score', attribute: index, amount: lift * steering.scorePerLift });
    }
    return { gains: planned, edits, popularEdits };
  };
}

/** The lift that a gain aims at: g T upwards, as far as the budget lets it; downwards a part of the lift of gain -1. */
export function liftOf(
  gain: number,
  { maxLift, minLift }: Pick<AttributeSteering, 'maxLift' | 'minLift'>,
  unitLift: number,
): { lift: number; limited: boolean } {
  if (gain < 0) return { lift: -gain * minLift, limited: false };
  const asked = gain * unitLift;
  return asked > maxLift ? { lift: maxLift, limited: true } : { lift: asked, limited: false };
}

/** Linear between the curve's points, held at its ends. The curve ascends in amount and lift. */
export function amountFor(lift: number, curve: AttributeSteering['curve']): number {
  const above = curve.findIndex((point) => point.lift >= lift);
  const high = curve[above] ?? curve.at(-1);
  const low = curve[above - 1];
  if (high === undefined) return 0;
  if (low === undefined || above < 0 || high.lift === low.lift) return high.amount;
  return low.amount + ((lift - low.lift) / (high.lift - low.lift)) * (high.amount - low.amount);
}

/** What terms come to at a strength. `attribute`: whose items a score term raises; `layer`: of latent edits. */
export const editsOf = (terms: readonly Term[], strength: number, attribute: number, layer: number): Edit[] =>
  terms.map(({ per, most = Number.POSITIVE_INFINITY, ...term }) => {
    const amount = Math.min(most, Math.max(-most, per * strength));
    switch (term.kind) {
      case 'latent':
        return { ...term, layer, amount };
      case 'score':
        return { ...term, attribute, amount };
      case 'direction':
      case 'adapter':
        return { ...term, amount };
    }
  });
