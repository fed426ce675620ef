/** What calibration learned for edits to use: directions and adapters, as they lie in a checkpoint under `steering.`. */
import type { Tensor } from '@tensorflow/tfjs';
import type { AdapterWeights } from './adapter.js';
import type { GptRecShape, SteeringShape } from './shapes.js';

export interface SteeringWeights<T = Tensor> {
  /** [n, layers, d]: of each direction what is added after each block. */
  readonly directions?: T;
  /** Of k adapters side by side: [k, d, H], [k, H], [k, H, d], [k, d]. */
  readonly adapters?: AdapterWeights<T>;
}

export function steeringShapes(
  { directions, adapters, hidden }: SteeringShape,
  { layers, width }: Pick<GptRecShape, 'layers' | 'width'>,
): SteeringWeights<Int32Array> {
  const shape = (...dimensions: number[]): Int32Array => Int32Array.from(dimensions);
  return {
    ...(directions > 0 && { directions: shape(directions, layers, width) }),
    ...(adapters > 0 && {
      adapters: {
        inWeight: shape(adapters, width, hidden),
        inBias: shape(adapters, hidden),
        outWeight: shape(adapters, hidden, width),
        outBias: shape(adapters, width),
      },
    }),
  };
}
