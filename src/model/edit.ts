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

/**
 * Adds to the residual stream after every block, at the last position: x_l' = x_l + amount * v_l, v_l [d] the part for
 * block l of one of the checkpoint's directions. Where the SAE reads after block l, its edits come first.
 */
export interface DirectionEdit {
  readonly kind: 'direction';
  /** Index into the checkpoint's directions. */
  readonly direction: number;
  readonly amount: number;
}

/** Moves the residual stream after the last block, at the last position: x' = x + amount * u(x), see adapter.ts. */
export interface AdapterEdit {
  readonly kind: 'adapter';
  /** Index into the checkpoint's adapters. */
  readonly adapter: number;
  readonly amount: number;
}

/** Adds `amount` (in logits) to the score of every item that bears the attribute. */
export interface ScoreEdit {
  readonly kind: 'score';
  /** Index into the checkpoint's attributes. */
  readonly attribute: number;
  readonly amount: number;
}

/** What acts inside the forward call, at the last position. */
export type ModelEdit = LatentEdit | DirectionEdit | AdapterEdit;

export type Edit = ModelEdit | ScoreEdit;

export const isModelEdit = (edit: Edit): edit is ModelEdit => edit.kind !== 'score';
