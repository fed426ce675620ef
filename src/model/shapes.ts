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

export const SaeShapeSchema = z.strictObject({
  width: count,
  /** Dictionary size, m. */
  features: count,
  /** Reads the residual stream after this block (1-based). */
  layer: count,
});
export type SaeShape = z.infer<typeof SaeShapeSchema>;
