/**
 * The training loss: full-softmax cross entropy over all items. Value and gradients are made together, for some rows at a
 * time, so that memory is bounded by a chunk of the logits, whatever the batch and the catalogue, and no logits are kept
 * for the backward pass.
 */
import * as tf from '@tensorflow/tfjs';
import { transposedTimes } from '../../src/model/gradients.js';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';

/** Probabilities below this count as this in the loss's value (float32 underflow); the gradient is exact. */
const SMALLEST = 1e-30;
/** Most logits of a chunk: 16 MB of each matrix. Smaller chunks pay for more calls, larger ones gain nothing. */
const CHUNK_LOGITS = 2 ** 22;

/** What one chunk of n rows adds; sums, not means. */
interface Part {
  readonly loss: Scalar;
  /** [n, d] */
  readonly ofStates: Tensor2D;
  /** [V, d], without what pulls the targets. */
  readonly ofItems: Tensor2D;
}

/**
 * Mean over N of -log softmax(states items^T)[target]. states [N, d], items [V, d], targets [N] int32.
 * With P = softmax: d/d states = (P items - items[target]) / N, d/d items = (P^T states - scatter(target, states)) / N.
 * @param chunkLogits rows are taken as many at a time as have so many logits, at least one
 */
export function itemCrossEntropy(
  states: Tensor2D,
  items: Tensor2D,
  targets: Tensor1D,
  chunkLogits = CHUNK_LOGITS,
): Scalar {
  const [N, d] = states.shape;
  const V = items.shape[0];
  const rows = Math.max(1, Math.floor(chunkLogits / V));
  const op = tf.customGrad((...inputs) => {
    const [h, table, save] = inputs as unknown as [Tensor2D, Tensor2D, tf.GradSaveFunc];
    const wide = table.transpose() as Tensor2D;
    const ofStates: Tensor2D[] = [];
    let [loss, ofItems]: [Scalar, Tensor2D] = [tf.scalar(0), tf.zeros([V, d])];
    for (let from = 0; from < N; from += rows) {
      const n = Math.min(rows, N - from);
      const part = chunk(h.slice([from, 0], [n, d]), table, wide, targets.slice([from], [n]));
      const [losses, sums] = [loss.add<Scalar>(part.loss), ofItems.add<Tensor2D>(part.ofItems)];
      tf.dispose([loss, ofItems, part.loss, part.ofItems]);
      [loss, ofItems] = [losses, sums];
      ofStates.push(part.ofStates);
    }
    save([tf.concat(ofStates), ofItems.sub(tf.scatterND(targets.expandDims(1), h, [V, d]))]);
    return {
      value: loss.div(N),
      gradFunc: (dy, saved) => {
        const scale = (dy as Scalar).div(N);
        return saved.map((gradient) => gradient.mul(scale));
      },
    };
  });
  return op(states, items) as Scalar;
}

/** x [n, d], table [V, d], wide [d, V], targets [n]. */
function chunk(x: Tensor2D, table: Tensor2D, wide: Tensor2D, targets: Tensor1D): Part {
  return tf.tidy(() => {
    const [n] = x.shape;
    const P = tf.softmax(tf.matMul(x, wide)) as Tensor2D;
    const cells = tf.range(0, n, 1, 'int32').mul(tf.scalar(table.shape[0], 'int32')).add(targets);
    return {
      loss: tf.gather(P.flatten(), cells.toInt()).maximum(SMALLEST).log().sum().neg() as Scalar,
      ofStates: tf.matMul(P, table).sub<Tensor2D>(tf.gather(table, targets)),
      ofItems: transposedTimes(P, x),
    };
  });
}
