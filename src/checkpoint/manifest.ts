/** The manifest: what a checkpoint is, what made it, and how good it is. Bounds are checked when one is read. */
import { z } from 'zod';
import { GptRecShapeSchema, SaeShapeSchema, SteeringShapeSchema } from '../model/shapes.js';

/** 2: the steering map has terms, and weights to steer by may lie in the checkpoint. Format 1 is still read. */
export const FORMAT_VERSION = 2;

const fraction = z.number().min(0).max(1);

/** Metrics at 10 on the test users of the split. */
export const RankingMetricsSchema = z.strictObject({
  ndcg: fraction,
  hitRate: fraction,
  coverage: fraction,
  users: z.int().nonnegative(),
});
export type RankingMetrics = z.infer<typeof RankingMetricsSchema>;

/** The part of the log that the training data came from: by topic, by partition, [first offset, end offset). */
export const SnapshotSchema = z.record(z.string(), z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative()])));
export type Snapshot = z.infer<typeof SnapshotSchema>;

export const ManifestSchema = z.strictObject({
  formatVersion: z.literal([1, FORMAT_VERSION]),
  createdAt: z.iso.datetime(),
  /** Version of this project, runtime and engine that made it. */
  madeBy: z.strictObject({ version: z.string(), node: z.string(), engine: z.string() }),
  seed: z.int(),
  gptrec: GptRecShapeSchema,
  sae: SaeShapeSchema,
  /** What there is to steer by, beside the SAE; none in format 1. */
  steering: SteeringShapeSchema.default({ directions: 0, adapters: 0, hidden: 0 }),
  /** Every further hyper-parameter, as given to training. */
  hyperparameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  snapshot: SnapshotSchema,
  split: z.enum(['paper', 'leave-one-out', 'global-time']),
  metrics: z.strictObject({ model: RankingMetricsSchema, popularity: RankingMetricsSchema }),
  /** SHA-256 (hex) of each other file of the folder. */
  files: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
});
export type Manifest = z.infer<typeof ManifestSchema>;
