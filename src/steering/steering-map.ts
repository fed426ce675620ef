/**
 * The steering map: for every steerable attribute, how it is steered, and what strength achieves and costs. Made by
 * calibration, published in the checkpoint, read by the equalizer.
 */
import { z } from 'zod';

/** One measured point: at `amount`, the attribute's mean share of the top 10, and the share of NDCG that is kept. */
export const CurvePointSchema = z.strictObject({
  amount: z.number(),
  share: z.number().min(0).max(1),
  /** logit(share) - logit(unsteered share): what a gain achieves. */
  lift: z.number(),
  ndcgKept: z.number().nonnegative(),
});
export type CurvePoint = z.infer<typeof CurvePointSchema>;

function ascends(curve: readonly CurvePoint[]): boolean {
  return curve.every(({ amount, lift }, i) => {
    const before = curve[i - 1];
    return before === undefined || (before.amount <= amount && before.lift <= lift);
  });
}

export const SteeringMethodSchema = z.enum(['delta', 'add', 'replace', 'score']);
export type SteeringMethod = z.infer<typeof SteeringMethodSchema>;

export const AttributeSteeringSchema = z.strictObject({
  attribute: z.string(),
  method: SteeringMethodSchema,
  /** The SAE feature of the latent methods; -1 for `score`. */
  feature: z.int().min(-1),
  /** Pearson correlation of that feature with the attribute; 0 for `score`. */
  correlation: z.number(),
  /** Mean share of the unsteered top 10. */
  baseShare: z.number().min(0).max(1),
  /** By ascending amount and lift, within the budget; it grows both ways from the point whose lift is nearest to 0. */
  curve: z.array(CurvePointSchema).min(1).refine(ascends, { error: 'the curve does not ascend in amount and lift' }),
  /** Logits to add per unit of lift where only popularity ranks (users without history). */
  scorePerLift: z.number(),
  /** Greatest lift within the budget, and lift of the gain -1. */
  maxLift: z.number().nonnegative(),
  minLift: z.number().nonpositive(),
});
export type AttributeSteering = z.infer<typeof AttributeSteeringSchema>;

export const SteeringMapSchema = z.strictObject({
  /** Share of NDCG that a single gain may cost. */
  budget: z.number().min(0).max(1),
  /** T: the lift of gain 1, which 80 % of the attributes reach within the budget. */
  unitLift: z.number().nonnegative(),
  /** The layer whose residual stream the latent methods edit (1-based). */
  layer: z.int().positive(),
  attributes: z.array(AttributeSteeringSchema),
});
export type SteeringMap = z.infer<typeof SteeringMapSchema>;
