/** Steering maps in checkpoints of format 1, which steered each attribute by one feature or by a score term alone. */
import { z } from 'zod';
import { type AttributeSteering, MeasuredMapSchema, MeasuredSteeringSchema } from './steering-map.js';

const AttributeSteering1Schema = MeasuredSteeringSchema.extend({
  method: z.enum(['delta', 'add', 'replace', 'score']),
  /** The SAE feature of the latent methods; -1 for `score`. */
  feature: z.int().min(-1),
  correlation: z.number(),
});

function inTerms({
  feature,
  correlation: _,
  ...steering
}: z.infer<typeof AttributeSteering1Schema>): AttributeSteering {
  const { method } = steering;
  if (method === 'score') return { ...steering, terms: [{ kind: 'score', per: 1 }] };
  return { ...steering, terms: [{ kind: 'latent', feature, mode: method, per: 1 }] };
}

/** Reads them as maps of today. */
export const SteeringMap1Schema = MeasuredMapSchema.extend({
  attributes: z.array(AttributeSteering1Schema.transform(inTerms)),
});
