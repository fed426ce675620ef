/** The ONNX graphs of a checkpoint. Their weights stay in its weights file, which they refer to. */
import type { EditedShapes } from '../onnx/edits.js';
import { stepGraph, windowGraph } from '../onnx/graphs.js';
import type { WeightArray } from './checkpoint.js';
import { placesInSafetensors } from './safetensors.js';

export const WEIGHTS = 'weights.safetensors';

/** The same bytes whenever shapes and names of weights are the same. @throws Error where a weight is missing */
export function onnxGraphs(
  shapes: EditedShapes,
  weights: ReadonlyMap<string, WeightArray>,
): { readonly window: Buffer; readonly step: Buffer } {
  const places = placesInSafetensors(weights);
  const stored = (name: string) => {
    const [place, weight] = [places.get(name), weights.get(name)];
    if (place === undefined || weight === undefined) throw new Error(`weight ${name} is missing`);
    return { file: WEIGHTS, ...place, shape: weight.shape };
  };
  return { window: windowGraph(shapes, stored), step: stepGraph(shapes, stored) };
}
