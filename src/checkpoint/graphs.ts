/** The ONNX graphs of a checkpoint. Their weights stay in its weights file, which they refer to. */
import { stepGraph, windowGraph } from '../onnx/graphs.js';
import { itemCodes } from '../onnx/item-codes.js';
import { MOST_COLUMNS } from '../onnx/ranking.js';
import type { Checkpoint } from './checkpoint.js';
import { placesInSafetensors } from './safetensors.js';

export const WEIGHTS = 'weights.safetensors';

/** What of a checkpoint the graphs are made of. */
export type GraphSource = Pick<Checkpoint, 'weights' | 'attributes' | 'steeringMap'> & {
  readonly manifest: Pick<Checkpoint['manifest'], 'gptrec' | 'sae' | 'steering'>;
};

/**
 * The same bytes whenever the parts say the same. @throws Error where a weight is missing
 * @param mostCode of items, where lists are searched for in 8 bits (src/onnx/code-product.ts): as exact, and faster where
 *   the processor is made for that
 */
export function onnxGraphs(source: GraphSource, mostCode?: number): { readonly window: Buffer; readonly step: Buffer } {
  const { manifest, weights, attributes } = source;
  const places = placesInSafetensors(weights);
  const shape = manifest.gptrec;
  const columns = scoreColumns(source).map((attribute) => attributes.items[attribute] ?? Int32Array.of());
  const embeddings = weights.get('gptrec.items')?.data ?? Float32Array.of();
  const parts = {
    shapes: manifest,
    catalogue: {
      shape,
      columns,
      ...(mostCode !== undefined && { codes: itemCodes(embeddings, shape, columns, mostCode) }),
    },
    stored(name: string) {
      const [place, weight] = [places.get(name), weights.get(name)];
      if (place === undefined || weight === undefined) throw new Error(`weight ${name} is missing`);
      return { file: WEIGHTS, ...place, shape: weight.shape };
    },
  };
  return { window: windowGraph(parts), step: stepGraph(parts) };
}

/** Attributes (by index) whose score edits are columns of the graphs' product: the first that the steering map names. */
export function scoreColumns({ attributes, steeringMap }: Pick<Checkpoint, 'attributes' | 'steeringMap'>): number[] {
  const scored = steeringMap.attributes.filter(({ terms }) => terms.some(({ kind }) => kind === 'score'));
  return scored.slice(0, MOST_COLUMNS).map(({ attribute }) => attributes.names.indexOf(attribute));
}
