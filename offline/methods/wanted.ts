/**
 * Cross entropy by what states should be like. The logits of a state h are z_i = h . e_i + c_i, e_i the items'
 * embeddings, so against any distribution t over items
 *
 *     - sum_i t_i log softmax(z)_i = log sum_i exp z_i - h . w - sum_i t_i c_i,    w = sum_i t_i e_i
 *
 * and the last term is a constant. t is one item (w its embedding): the likelihood of the true next item. t is what a
 * teacher would say (w its mean embedding): distillation (Hinton et al. 2015). Either way the gradient in h is
 * softmax(z) E - w, and nothing of the size of the catalogue is kept for it.
 */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';

/** The output head of a model: items [V, d], and transposed [d, V]. */
export interface Head {
  readonly items: Tensor2D;
  readonly wide: Tensor2D;
}

/** Mean over N of log sum exp(h E^T + c) - h . w. states h and wanted w [N, d], term c [V]. */
export function distanceTo(states: Tensor2D, { items, wide }: Head, term: Tensor1D, wanted: Tensor2D): Scalar {
  const [N] = states.shape;
  const op = tf.customGrad((...inputs) => {
    const [h, save] = inputs as unknown as [Tensor2D, tf.GradSaveFunc];
    const z = tf.matMul(h, wide).add<Tensor2D>(term);
    const p = tf.softmax(z);
    // Of the likeliest item, where log p is exact.
    const normaliser = z.max(1).sub(p.max(1).log());
    save([tf.matMul(p, items).sub(wanted).div(N)]);
    return {
      value: normaliser.sub(h.mul(wanted).sum(1)).mean(),
      gradFunc: (dy, [gradient]) => (gradient as Tensor2D).mul(dy as Scalar),
    };
  });
  return op(states) as Scalar;
}

/** The mean embedding under what a teacher says: softmax(h E^T + c) E. [N, d] */
export const expectedEmbedding = (states: Tensor2D, { items, wide }: Head, term: Tensor1D): Tensor2D =>
  tf.tidy(() => tf.matMul(tf.softmax(tf.matMul(states, wide).add<Tensor2D>(term)), items));
