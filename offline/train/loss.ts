/**
 * The training loss: full-softmax cross entropy over all items. Value and gradients are made together, for some rows at a
 * time, so that memory is bounded by a chunk of the logits, whatever the batch and the catalogue, and no logits are kept
 * for the backward pass.
 */
import * as tf from '@tensorflow/tfjs';
import { transposedTimes } from '../../src/model/gradients.js';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';

/** Logits within +-this need no shift before they are exponentiated: neither they nor sums of them leave float32. */
const UNSHIFTED = 50;
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
 * P is never made: with U = exp(logits) and Z the sums of its rows, P items = (U items) / Z and P^T states = U^T (states / Z),
 * which divides N x d values and not N x V; the logits are shifted by their rows' greatest only where they may be large.
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
    const isShifted = greatestNorm(h) * greatestNorm(table) > UNSHIFTED;
    const ofStates: Tensor2D[] = [];
    let [loss, ofItems]: [Scalar, Tensor2D] = [tf.scalar(0), tf.zeros([V, d])];
    for (let from = 0; from < N; from += rows) {
      const n = Math.min(rows, N - from);
      const part = chunk(h.slice([from, 0], [n, d]), table, wide, targets.slice([from], [n]), isShifted);
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
function chunk(x: Tensor2D, table: Tensor2D, wide: Tensor2D, targets: Tensor1D, isShifted: boolean): Part {
  return tf.tidy(() => {
    const logits: Tensor2D = tf.matMul(x, wide);
    const shift = isShifted ? logits.max<Tensor2D>(1, true) : tf.scalar(0);
    const U: Tensor2D = (isShifted ? logits.sub<Tensor2D>(shift) : logits).exp();
    const Z: Tensor2D = U.sum(1, true);
    const wanted: Tensor2D = tf.gather(table, targets);
    return {
      loss: Z.log().add(shift).sub(x.mul(wanted).sum(1, true)).sum() as Scalar,
      ofStates: tf.matMul(U, table).div(Z).sub<Tensor2D>(wanted),
      ofItems: transposedTimes(U, x.div(Z)),
    };
  });
}

/** Of the rows of x [N, d]; no product of two rows is greater than the product of their norms. */
const greatestNorm = (x: Tensor2D): number =>
  tf.tidy(() => Math.sqrt(x.square().sum(1).max().dataSync<'float32'>()[0] ?? Number.POSITIVE_INFINITY));
