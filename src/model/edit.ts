/**
 * An edit: one intervention of one forward call. Steering is a list of edits, an argument, never something registered
 * on a model; no edit is the unsteered model, to the bit at equal batch shape.
 */

/**
 * How a latent edit acts on x, what the SAE reads at the last position (f: SAE activation, W: decoder row):
 * - `replace`: x' = decode(f with f_j = amount), the paper's way (section 4.3); the SAE's error is lost;
 * - `delta`:   x' = x + std * (amount - f_j) * W_j, which keeps what the SAE fails to reconstruct;
 * - `add`:     x' = x + std * amount * W_j, which acts alike on every user.
 */
export type LatentMode = 'replace' | 'delta' | 'add';

/** Acts where the SAE of block `layer` (1-based) reads, along its feature `feature`. */
export interface LatentEdit {
  readonly kind: 'latent';
  readonly layer: number;
  readonly feature: number;
  readonly mode: LatentMode;
  /** In units of the SAE's activation. */
  readonly amount: number;
}

/** Adds `amount` (in logits) to the score of every item that bears the attribute. */
export interface ScoreEdit {
  readonly kind: 'score';
  /** Index into the checkpoint's attributes. */
  readonly attribute: number;
  readonly amount: number;
}

export type Edit = LatentEdit | ScoreEdit;
