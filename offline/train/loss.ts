/** The training loss: full-softmax cross entropy over all items, with a gradient that passes over the logits least. */
import * as tf from '@tensorflow/tfjs';
import { timesTransposed, transposedTimes } from '../../src/model/gradients.js';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';

/** Probabilities below this count as this in the loss's value (float32 underflow); the gradient is exact. */
const SMALLEST = 1e-30;

/**
 * Mean over N of -log softmax(states items^T)[target]. states [N, d], items [V, d], targets [N] int32.
 * With P = softmax: d/d states = (P items - items[target]) / N, d/d items = (P^T states - scatter(target, states)) / N,
 * so one matrix [N, V] is kept and none is made for the one-hot targets.
 */
export function itemCrossEntropy(states: Tensor2D, items: Tensor2D, targets: Tensor1D): Scalar {
  const [N] = states.shape;
  const V = items.shape[0];
  const op = tf.customGrad((...inputs) => {
    const [h, table, save] = inputs as unknown as [Tensor2D, Tensor2D, tf.GradSaveFunc];
    const probabilities = tf.softmax(timesTransposed(h, table)) as Tensor2D;
    const cells = tf.range(0, N, 1, 'int32').mul(tf.scalar(V, 'int32')).add(targets);
    const loss = tf.gather(probabilities.flatten(), cells.toInt()).maximum(SMALLEST).log().mean().neg();
    save([probabilities, h, table, targets]);
    return {
      value: loss,
      gradFunc: (dy, saved) => {
        const [P, x, E, next] = saved as [Tensor2D, Tensor2D, Tensor2D, Tensor1D];
        const scale = (dy as Scalar).div(N);
        const ofStates = tf.matMul(P, E).sub(tf.gather(E, next)).mul(scale);
        const aimed = tf.scatterND(next.expandDims(1), x, [V, x.shape[1]]);
        const ofItems = transposedTimes(P, x).sub(aimed).mul(scale);
        return [ofStates, ofItems];
      },
    };
  });
  return op(states, items) as Scalar;
}
