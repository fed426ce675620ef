/**
 * How direction and adapter edits act on a batch: each row (user) has its own, they add up, and a row without any passes
 * unchanged to the bit.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import { adapt } from './adapter.js';
import type { AdapterEdit, DirectionEdit } from './edit.js';
import type { GptRecWeights } from './gptrec.js';
import type { SteeringWeights } from './steering-weights.js';

/**
 * x_b + sum of amount * v_layer over row b's edits. x [B, d]: the residual stream after block `layer` (1-based). With no
 * edit at all x itself is returned.
 */
export function shiftAlong(
  x: Tensor2D,
  layer: number,
  { directions }: SteeringWeights,
  edits: readonly (readonly DirectionEdit[])[],
): Tensor2D {
  const amounts = amountsOf(edits, ({ direction }) => direction);
  if (amounts === undefined || directions === undefined) return x;
  return tf.tidy(() => {
    const [n, d] = [amounts.named.length, x.shape[1]];
    const vectors = tf.gather(directions, tf.tensor1d(amounts.named, 'int32')).slice([0, layer - 1, 0], [n, 1, d]);
    return addTo(x, tf.matMul(tensorOf(amounts), vectors.reshape([n, d]) as Tensor2D), edits);
  });
}

/** x_b + sum of amount * u(x_b) over row b's edits. x [B, d]: the residual stream after the last block. */
export function adaptBy(
  x: Tensor2D,
  gptrec: Pick<GptRecWeights, 'norm'>,
  { adapters }: SteeringWeights,
  edits: readonly (readonly AdapterEdit[])[],
): Tensor2D {
  const amounts = amountsOf(edits, ({ adapter }) => adapter);
  if (amounts === undefined || adapters === undefined) return x;
  return tf.tidy(() => {
    const columns = tf.split(tensorOf(amounts), amounts.named.length, 1);
    const one = (all: Tensor, k: number): Tensor => tf.gather(all, tf.scalar(k, 'int32'));
    const moves = amounts.named.map((k, j) => {
      const { inWeight, inBias, outWeight, outBias } = adapters;
      const weights = {
        inWeight: one(inWeight, k),
        inBias: one(inBias, k),
        outWeight: one(outWeight, k),
        outBias: one(outBias, k),
      };
      return adapt(gptrec, weights, x).mul<Tensor2D>(columns[j] as Tensor2D);
    });
    return addTo(x, tf.addN(moves), edits);
  });
}

/** What the edits name, each once, and by row how much of it: [B, named]. */
interface Amounts {
  readonly named: number[];
  readonly rows: readonly Float32Array[];
}

function amountsOf<E extends { readonly amount: number }>(
  edits: readonly (readonly E[])[],
  nameOf: (edit: E) => number,
): Amounts | undefined {
  const named = [...new Set(edits.flatMap((row) => row.map(nameOf)))];
  if (named.length === 0) return undefined;
  const rows = edits.map((row) => {
    const amounts = new Float32Array(named.length);
    for (const edit of row) {
      const j = named.indexOf(nameOf(edit));
      amounts[j] = (amounts[j] ?? 0) + edit.amount;
    }
    return amounts;
  });
  return { named, rows };
}

const tensorOf = ({ named, rows }: Amounts): Tensor2D =>
  tf.tensor2d(Float32Array.from(rows.flatMap((row) => [...row])), [rows.length, named.length]);

/** x + by where the row has an edit, x elsewhere. */
function addTo(x: Tensor2D, by: Tensor2D, edits: readonly (readonly unknown[])[]): Tensor2D {
  const isEdited = tf.tensor2d(
    edits.map((row) => (row.length > 0 ? 1 : 0)),
    [edits.length, 1],
    'bool',
  );
  return tf.where(isEdited, x.add(by), x) as Tensor2D;
}
