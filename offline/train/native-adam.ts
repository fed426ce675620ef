/**
 * Adam by TensorFlow's own kernel: one pass over weight, moments and gradient, where its operations one by one take a
 * dozen. The kernel works on variables; here they live for one call, so that the update stays a function of tensors:
 * TensorFlow copies what a tensor still holds before it writes.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { FLOATS, nativeOp, nativeOps } from '../../src/model/native.js';

/** A weight and its moments. */
export interface Moved {
  readonly weight: Tensor;
  readonly first: Tensor;
  readonly second: Tensor;
}

export interface Moving extends Moved {
  readonly gradient: Tensor;
}

export interface Constants {
  readonly beta1: number;
  readonly beta2: number;
  /** The bias corrections are folded into both. */
  readonly stepSize: number;
  readonly epsilon: number;
}

const VALUE = { dtype: FLOATS } as const;
const APPLY = { T: FLOATS, use_locking: { flag: false }, use_nesterov: { flag: false } } as const;
const DESTROY = { ignore_lookup_error: { flag: false } } as const;

/** Each weight with its moments, moved by its gradient. Leaves no tensor but its results. */
export function moveAll(all: readonly Moving[], { beta1, beta2, stepSize, epsilon }: Constants): Moved[] {
  return tf.tidy(() => {
    const variables = ['weight', 'first', 'second'].map(variable);
    // The kernel's own bias corrections are 1 with powers of 0.
    const constants = [0, 0, stepSize, beta1, beta2, epsilon].map((value) => tf.scalar(value));
    const moved = all.map(({ weight, first, second, gradient }) => {
      for (const [i, tensor] of [weight, first, second].entries())
        nativeOps('AssignVariableOp', [at(variables, i), tensor], VALUE, 0);
      nativeOps('ResourceApplyAdam', [...variables, ...constants, gradient], APPLY, 0);
      const read = (i: number): Tensor => nativeOp('ReadVariableOp', [at(variables, i)], VALUE);
      return { weight: read(0), first: read(1), second: read(2) };
    });
    for (const handle of variables) nativeOps('DestroyResourceOp', [handle], DESTROY, 0);
    return moved as unknown as tf.TensorContainer;
  }) as unknown as Moved[];
}

/** Handle of a variable of any shape. */
const variable = (name: string): Tensor =>
  nativeOp('VarHandleOp', [], {
    dtype: FLOATS,
    shape: { shape: [] },
    container: { text: 'adam' },
    shared_name: { text: name },
  });

function at(tensors: readonly Tensor[], index: number): Tensor {
  const tensor = tensors[index];
  if (tensor === undefined) throw new Error('adam has three variables');
  return tensor;
}
