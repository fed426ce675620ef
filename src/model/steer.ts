/**
 * How latent edits act on a batch: each row (user) has its own edits, and a row without any passes unchanged to the
 * bit. See edit.ts for the three modes.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor2D } from '@tensorflow/tfjs';
import type { LatentEdit } from './edit.js';
import { decode, encode, normaliseActivations, restoreActivations, type Sae, someFeatures } from './sae.js';

/**
 * What the SAE reads at the last position, steered. x [B, d]; `edits[b]` are row b's. With no edit at all x itself is
 * returned.
 * delta and add: x + std * sum_j c_j W_dec[j], c_j = amount - f_j or amount. replace: decode(f with f_j = amount);
 * where a row has edits of both families, the replacement comes first. Amounts of several delta and add edits on one
 * feature add up, its own activation is taken off once; of several replacements the last counts.
 */
export function steer(x: Tensor2D, sae: Sae, edits: readonly (readonly LatentEdit[])[]): Tensor2D {
  if (edits.every((row) => row.length === 0)) return x;
  return tf.tidy(() => shifted(replaced(x, sae, edits), x, sae, edits));
}

/** Rows with a `replace` edit become the SAE's reconstruction with those features set. */
function replaced(x: Tensor2D, sae: Sae, edits: readonly (readonly LatentEdit[])[]): Tensor2D {
  const rows = edits.map((row) => row.filter((edit) => edit.mode === 'replace'));
  if (rows.every((row) => row.length === 0)) return x;
  const f = encode(sae, normaliseActivations(sae, x));
  const m = f.shape[1];
  const isSet = tf.buffer([rows.length, m]);
  const target = tf.buffer([rows.length, m]);
  for (const [b, row] of rows.entries()) {
    for (const { feature, amount } of row) {
      isSet.set(1, b, feature);
      target.set(amount, b, feature);
    }
  }
  const rebuilt = restoreActivations(
    sae,
    decode(sae.weights, tf.where(isSet.toTensor().toBool(), target.toTensor(), f) as Tensor2D),
  );
  const isReplaced = tf.tensor2d(
    rows.map((row) => (row.length > 0 ? 1 : 0)),
    [rows.length, 1],
    'bool',
  );
  return tf.where(isReplaced, rebuilt, x);
}

/** Adds the weighted directions of the features that `delta` and `add` edits name; others' weights are 0. */
function shifted(base: Tensor2D, x: Tensor2D, sae: Sae, edits: readonly (readonly LatentEdit[])[]): Tensor2D {
  const named = [
    ...new Set(edits.flatMap((row) => row.filter(({ mode }) => mode !== 'replace').map((e) => e.feature))),
  ];
  if (named.length === 0) return base;
  const column = new Map(named.map((feature, index) => [feature, index]));
  const amounts = tf.buffer([edits.length, named.length]);
  const isDelta = tf.buffer([edits.length, named.length]);
  const isEdited = new Set<number>();
  for (const [b, row] of edits.entries()) {
    for (const { feature, mode, amount } of row) {
      const j = column.get(feature);
      if (mode === 'replace' || j === undefined) continue;
      amounts.set(amounts.get(b, j) + amount, b, j);
      if (mode === 'delta') isDelta.set(1, b, j);
      isEdited.add(b);
    }
  }
  const indices = tf.tensor1d(named, 'int32');
  const weights = amounts.toTensor().sub(isDelta.toTensor().mul(someFeatures(sae, x, indices))) as Tensor2D;
  const std = sae.weights.scaling.gather(1);
  const steered = base.add(
    tf.matMul(weights, tf.gather(sae.weights.decoder as Tensor2D, indices)).mul(std),
  ) as Tensor2D;
  const mask = tf.tensor2d(
    edits.map((_, b) => (isEdited.has(b) ? 1 : 0)),
    [edits.length, 1],
    'bool',
  );
  return tf.where(mask, steered, base);
}
