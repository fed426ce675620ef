/**
 * The steering map: for every steerable attribute, how it is steered, and what strength achieves and costs. Made by
 * calibration, published in the checkpoint, read by the equalizer.
 */
import { z } from 'zod';

/** One measured point: at strength `amount`, the attribute's mean share of the top 10, and the share of NDCG kept. */
export const CurvePointSchema = z.strictObject({
  amount: z.number(),
  share: z.number().min(0).max(1),
  /** logit(share) - logit(unsteered share): what a gain achieves. */
  lift: z.number(),
  ndcgKept: z.number().nonnegative(),
});
export type CurvePoint = z.infer<typeof CurvePointSchema>;

/** By ascending amount and lift, within the budget; it grows both ways from the point whose lift is nearest to 0. */
export const CurveSchema = z
  .array(CurvePointSchema)
  .min(1)
  .refine(ascends, { error: 'the curve does not ascend in amount and lift' });

function ascends(curve: readonly CurvePoint[]): boolean {
  return curve.every(({ amount, lift }, i) => {
    const before = curve[i - 1];
    return before === undefined || (before.amount <= amount && before.lift <= lift);
  });
}

/** What a method is called in explanations. `hybrid`: edits of the model and a score term together. */
export const SteeringMethodSchema = z.enum(['delta', 'add', 'replace', 'score', 'direction', 'adapter', 'hybrid']);
export type SteeringMethod = z.infer<typeof SteeringMethodSchema>;

const strength = {
  /** Amount of the edit at strength 1; it grows in proportion. */
  per: z.number(),
  /** Held within [-most, most]. */
  most: z.number().positive().optional(),
};

/** One edit of those that steer an attribute, see src/model/edit.ts; at strength s its amount is per * s. */
export const TermSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('latent'),
    feature: z.int().nonnegative(),
    mode: z.enum(['delta', 'add', 'replace']),
    ...strength,
  }),
  z.strictObject({ kind: z.literal('direction'), direction: z.int().nonnegative(), ...strength }),
  z.strictObject({ kind: z.literal('adapter'), adapter: z.int().nonnegative(), ...strength }),
  z.strictObject({ kind: z.literal('score'), ...strength }),
]);
export type Term = z.infer<typeof TermSchema>;

/** What every version of the map says of an attribute. */
export const MeasuredSteeringSchema = z.strictObject({
  attribute: z.string(),
  /** Mean share of the unsteered top 10. */
  baseShare: z.number().min(0).max(1),
  curve: CurveSchema,
  /** Logits to add per unit of lift where only popularity ranks (users without history). */
  scorePerLift: z.number(),
  /** Greatest lift within the budget, and lift of the gain -1. */
  maxLift: z.number().nonnegative(),
  minLift: z.number().nonpositive(),
});

export const AttributeSteeringSchema = MeasuredSteeringSchema.extend({
  method: SteeringMethodSchema,
  /** What acts together; the curve's amounts are their strength. */
  terms: z.array(TermSchema).min(1),
});
export type AttributeSteering = z.infer<typeof AttributeSteeringSchema>;

/** What every version of the map says of all attributes. */
export const MeasuredMapSchema = z.strictObject({
  /** Share of NDCG that a single gain may cost. */
  budget: z.number().min(0).max(1),
  /** T: the lift of gain 1, which 80 % of the attributes reach within the budget. */
  unitLift: z.number().nonnegative(),
  /** The layer whose residual stream the latent edits act on (1-based). */
  layer: z.int().positive(),
});

export const SteeringMapSchema = MeasuredMapSchema.extend({ attributes: z.array(AttributeSteeringSchema) });
export type SteeringMap = z.infer<typeof SteeringMapSchema>;
