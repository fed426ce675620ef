/** Weight decay apart from the gradient (AdamW, Loshchilov and Hutter 2019). */
import type { Tensor } from '@tensorflow/tfjs';

/**
 * What decay leaves of the weights: matrices lose rate * decay of their length, biases, shifts and scales nothing.
 * Consumes what it shrinks.
 */
export function decayed(weights: readonly Tensor[], rate: number, decay: number): Tensor[] {
  if (decay === 0) return [...weights];
  return weights.map((weight) => {
    if (weight.rank < 2) return weight;
    const left = weight.mul(1 - rate * decay);
    weight.dispose();
    return left;
  });
}
