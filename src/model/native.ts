/**
 * Operations of native TensorFlow that TensorFlow.js does not offer: one pass over memory where its own take several.
 * They pass no gradient: call them inside of a function that has its own, or outside of any.
 */
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';

/** An attribute of an operation; a type is that of a tensor's values. */
export type Attribute =
  | { readonly type: 'float32' | 'int32' }
  | { readonly flag: boolean }
  | { readonly text: string }
  | { readonly shape: readonly number[] };

export type Attributes = Readonly<Record<string, Attribute>>;

/** The type of what most operations work on, as an attribute. */
export const FLOATS = { type: 'float32' } as const;

/** Is native TensorFlow the runtime? */
export const isNative = (): boolean => tf.getBackend() === 'tensorflow';

/** The one output of an operation. @throws Error where the runtime is another one, or TensorFlow refuses. */
export const nativeOp = <T extends Tensor>(name: string, inputs: readonly Tensor[], attributes: Attributes): T =>
  backend().executeSingleOutput(name, listed(attributes), [...inputs]) as T;

/** Several outputs, or none. @throws Error as nativeOp. */
export const nativeOps = (
  name: string,
  inputs: readonly Tensor[],
  attributes: Attributes,
  outputs: number,
): readonly Tensor[] => backend().executeMultipleOutputs(name, listed(attributes), [...inputs], outputs);

function backend(): NodeJSKernelBackend {
  if (!isNative()) throw new Error(`native operations need native TensorFlow, and the runtime is ${tf.getBackend()}`);
  return tf.backend() as NodeJSKernelBackend;
}

type Listed = Parameters<NodeJSKernelBackend['executeSingleOutput']>[1];

/** Lists that were made before: those who call often keep their attributes. */
const lists = new WeakMap<Attributes, Listed>();

function listed(attributes: Attributes): Listed {
  const before = lists.get(attributes);
  if (before !== undefined) return before;
  const { binding } = backend();
  const list = Object.entries(attributes).map(([name, attribute]) => {
    if ('type' in attribute) {
      const value = attribute.type === 'float32' ? binding.TF_FLOAT : binding.TF_INT32;
      return { name, type: binding.TF_ATTR_TYPE, value };
    }
    if ('flag' in attribute) return { name, type: binding.TF_ATTR_BOOL, value: attribute.flag };
    if ('text' in attribute) return { name, type: binding.TF_ATTR_STRING, value: attribute.text };
    return { name, type: binding.TF_ATTR_SHAPE, value: [...attribute.shape] };
  });
  lists.set(attributes, list);
  return list;
}
