/** What goes over HTTP. The validation and the OpenAPI page read the same schemas. */
import { z } from 'zod';
import { MAX_ATTRIBUTE_LENGTH, MAX_GAINS, MAX_ID_LENGTH } from '../events/contracts.js';

export const UserIdSchema = z.string().min(1).max(MAX_ID_LENGTH);

const attribute = z.string().min(1).max(MAX_ATTRIBUTE_LENGTH);
const gain = z.number().min(-1).max(1);
const gains = z
  .record(attribute, gain)
  .refine((given) => Object.keys(given).length <= MAX_GAINS, `at most ${MAX_GAINS} gains`)
  .describe('Attribute (such as `genre/Sci-Fi`) to gain in [-1, 1].');
const instant = z.iso.datetime({ offset: true });

const setting = {
  gains,
  expiresAt: instant.optional().describe('When these gains end; they stay unless given.'),
  preset: z.string().min(1).max(200).optional().describe('The preset that these gains come from.'),
};

export const EqualizerReplacementSchema = z.strictObject(setting).meta({ id: 'EqualizerReplacement' });
export const EqualizerChangeSchema = z
  .strictObject({
    ...setting,
    gains: gains.refine((given) => Object.keys(given).length > 0, 'at least one gain'),
  })
  .meta({ id: 'EqualizerChange' });
export type EqualizerSetting = z.infer<typeof EqualizerReplacementSchema>;

export const ListQuerySchema = z.object({
  limit: z.coerce
    .number()
    .pipe(z.int().min(1).max(500))
    .optional()
    .describe('Items wanted; the configured list size unless given.'),
  explain: z
    .enum(['effects', 'contrast'])
    .optional()
    .describe(
      '`effects`, unless given: what each gain asked for and what the list has of it. `contrast`: beside it what the ' +
        'same user’s list would be with no gain set, which is made too.',
    ),
});
export type ListQuery = z.infer<typeof ListQuerySchema>;

export const EqualizerViewSchema = z
  .object({
    userId: z.string(),
    version: z.int().describe('Counts applied changes; also the ETag.'),
    off: z.boolean().describe('Bypassed: the gains are kept, and not applied.'),
    preset: z.string().nullable(),
    gains: z.record(z.string(), z.number()),
    expiries: z.record(z.string(), z.string()).describe('When a gain ends, for those that do.'),
  })
  .meta({ id: 'Equalizer' });
export type EqualizerView = z.infer<typeof EqualizerViewSchema>;

export const AcceptedSchema = z
  .object({
    eventId: z.string(),
    effectiveFrom: z.string().describe('The time of the change: later settings win over it.'),
    withoutEffect: z
      .array(z.string())
      .describe('Attributes that the current checkpoint cannot steer; gains on them are kept for one that can.'),
  })
  .meta({ id: 'AcceptedChange' });
export type Accepted = z.infer<typeof AcceptedSchema>;

export const ListViewSchema = z
  .object({
    userId: z.string(),
    items: z.array(
      z.object({
        itemId: z.string(),
        score: z.number(),
        cold: z.boolean().describe('Newer than the checkpoint: ranked by the items that share its attributes.'),
        steered: z.boolean().optional().describe('With `explain=contrast`: the list with no gain set has it not.'),
      }),
    ),
    checkpoint: z.string(),
    equalizerVersion: z.int(),
    ranking: z.enum(['model', 'popular']).describe('`popular`: nothing that the model knows is known of this user.'),
    effects: z
      .array(
        z.object({
          attribute: z.string(),
          gain: z.number(),
          share: z.number().describe('Share of the listed items that bear the attribute.'),
          unsteeredShare: z
            .number()
            .optional()
            .describe('With `explain=contrast`: their share of the list with no gain set.'),
          method: z.string(),
          amount: z.number(),
          limited: z.boolean(),
        }),
      )
      .describe('What each gain asked for, and what this list gives.'),
    producedAt: z.string(),
  })
  .meta({ id: 'CurrentList' });
export type ListView = z.infer<typeof ListViewSchema>;

export const AttributeViewSchema = z
  .object({
    attribute: z.string(),
    method: z.string().describe('How it is steered.'),
    baseShare: z.number().describe('Mean share of an unsteered list.'),
    maxGain: z.number().describe('The gain beyond which the budget of quality holds its effect; 1: none does.'),
    maxLift: z.number(),
    maxShare: z.number().describe('Mean share of a list at the greatest safe lift.'),
  })
  .meta({ id: 'SteerableAttribute' });
export const AttributesViewSchema = z
  .object({ checkpoint: z.string(), unitLift: z.number(), attributes: z.array(AttributeViewSchema) })
  .meta({ id: 'SteerableAttributes' });
export type AttributesView = z.infer<typeof AttributesViewSchema>;

const metrics = z.object({ ndcg: z.number(), hitRate: z.number(), coverage: z.number(), users: z.int() });
export const CheckpointViewSchema = z
  .object({
    id: z.string(),
    sequence: z.int(),
    createdAt: z.string(),
    items: z.int(),
    attributes: z.int(),
    steerableAttributes: z.int(),
    features: z.int().describe('Features of its dictionary.'),
    sharedFeatures: z
      .array(z.object({ content: z.string(), features: z.int() }))
      .describe('How many of these are features of earlier checkpoints, by content id; feature-map.json says which.'),
    metrics: z.object({ model: metrics, popularity: metrics }),
  })
  .meta({ id: 'CurrentCheckpoint' });
export type CheckpointView = z.infer<typeof CheckpointViewSchema>;

export const HealthSchema = z.object({ status: z.enum(['live', 'ready']) }).meta({ id: 'Health' });
export type Health = z.infer<typeof HealthSchema>;
