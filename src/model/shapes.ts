/** The sizes that decide the shapes of all weights. Bounds are checked when they are read from a file. */
import { z } from 'zod';

const count = z.int().positive();

export const GptRecShapeSchema = z.strictObject({
  /** Items of the vocabulary, V. */
  items: count,
  /** Width of the residual stream, d. */
  width: count,
  heads: count,
  /** Bounded, so that a strange file cannot ask for a billion shapes. */
  layers: count.max(1_000),
  /** Positions that the model sees, L. */
  window: count,
});
export type GptRecShape = z.infer<typeof GptRecShapeSchema>;

/**
 * What an SAE reads of a block, and where its edits act: `block`, the residual stream after it; `attention`, what the
 * attention adds to the stream; `mlp`, what the feed-forward adds.
 */
export const SITES = ['block', 'attention', 'mlp'] as const;
export type Site = (typeof SITES)[number];

export interface Place {
  /** 1-based. */
  readonly layer: number;
  readonly site: Site;
}

export const isAt = ({ layer, site }: Place, other: Place): boolean => layer === other.layer && site === other.site;

/**
 * What an encoder does with its pre-activations z when it serves: `relu`, max(z, 0); `topk`, the k greatest of each
 * activation, then ReLU; `threshold`, z where z > theta_j, else 0 (theta is the weight `sae.threshold`).
 */
export const SaeActivationSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('relu') }),
  z.strictObject({ kind: z.literal('topk'), k: count }),
  z.strictObject({ kind: z.literal('threshold') }),
]);
export type SaeActivation = z.infer<typeof SaeActivationSchema>;

/** What has a default was added later: checkpoints without it are read as what they were. */
export const SaeShapeSchema = z.strictObject({
  width: count,
  /** Dictionary size, m. */
  features: count,
  /** Of the block that it reads (1-based). */
  layer: count,
  site: z.enum(SITES).default('block'),
  activation: SaeActivationSchema.default({ kind: 'relu' }),
});
export type SaeShape = z.infer<typeof SaeShapeSchema>;

/** How many directions and adapters there are to steer by, and the adapters' hidden width, H. */
export const SteeringShapeSchema = z.strictObject({
  directions: z.int().nonnegative().max(100_000),
  adapters: z.int().nonnegative().max(100_000),
  hidden: z.int().nonnegative(),
});
export type SteeringShape = z.infer<typeof SteeringShapeSchema>;
