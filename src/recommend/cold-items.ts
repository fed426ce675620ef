/**
 * Cold items: in the catalogue, and newer than the checkpoint. Each gets an embedding from the items that share its
 * attributes, so that it can be ranked beside them: e = sum_a w_a m_a / sum_a w_a over its attributes a, where m_a is the
 * mean embedding of the n_a items that bear a, and w_a = ln(1 + V / n_a): what few items have in common says more.
 *
 * All of it is a function of the checkpoint and the catalogue. A mean lies in the middle: cold items come up where a user's
 * taste or equalizer raises what they resemble, and below the best of those.
 */
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { atOnce, type Pieces, stretches } from '../ops/pieces.js';
import type { CatalogueItem } from '../events/events.js';

export interface ColdItem {
  readonly itemId: string;
  /** [d] */
  readonly embedding: Float32Array;
  /** Indexes of the checkpoint's attributes that it bears, ascending. */
  readonly attributes: Int32Array;
}

/** What a checkpoint says of each of its attributes: made once when it is loaded. */
export interface ColdBasis {
  readonly width: number;
  /** Attribute -> index among the checkpoint's. */
  readonly indexes: ReadonlyMap<string, number>;
  /** By attribute: [d]. */
  readonly means: readonly Float32Array[];
  readonly weights: Float64Array;
}

type Known = Pick<Checkpoint, 'manifest' | 'weights' | 'vocabulary' | 'attributes'>;

export const coldBasis = (checkpoint: Known): ColdBasis => atOnce(findingBasis(checkpoint));

/** Embeddings of a piece of work. */
const PIECE = 2 ** 14;

export function* findingBasis({ manifest, weights, vocabulary, attributes }: Known): Pieces<ColdBasis> {
  const { width } = manifest.gptrec;
  const embeddings = weights.get('gptrec.items')?.data ?? new Float32Array();
  const means: Float32Array[] = [];
  for (const items of attributes.items) means.push(yield* meanOf(items, embeddings, width));
  return {
    width,
    indexes: new Map(attributes.names.map((name, a) => [name, a])),
    means,
    weights: Float64Array.from(attributes.items, ({ length }) =>
      length === 0 ? 0 : Math.log(1 + vocabulary.items.length / length),
    ),
  };
}

/** An item that the checkpoint does not know, and what it bears of what the checkpoint knows. */
export interface ColdCandidate {
  readonly item: CatalogueItem;
  readonly attributes: Int32Array;
}

/** Undefined where it bears nothing. */
export function coldCandidate(item: CatalogueItem, basis: ColdBasis): ColdCandidate | undefined {
  const attributes = attributesOf(item, basis);
  return attributes.length > 0 ? { item, attributes } : undefined;
}

/** The newest; ties by id. */
export function coldItems(candidates: Iterable<ColdCandidate>, basis: ColdBasis, most: number): readonly ColdItem[] {
  const sorted = [...candidates].sort(
    (a, b) => (b.item.addedAt ?? 0) - (a.item.addedAt ?? 0) || (a.item.itemId < b.item.itemId ? -1 : 1),
  );
  return sorted.slice(0, most).map(({ item, attributes }) => ({
    itemId: item.itemId,
    attributes,
    embedding: embeddingOf(attributes, basis),
  }));
}

/** Those that say something: borne by an item of the checkpoint. */
function attributesOf({ attributes }: CatalogueItem, { indexes, weights }: ColdBasis): Int32Array {
  const known = attributes.flatMap((name) => indexes.get(name) ?? []).filter((a) => (weights[a] ?? 0) > 0);
  return Int32Array.from(new Set(known)).sort();
}

function embeddingOf(attributes: Int32Array, { means, weights, width }: ColdBasis): Float32Array {
  const sum = new Float64Array(width);
  let weight = 0;
  for (const a of attributes) {
    const w = weights[a] ?? 0;
    weight += w;
    for (let d = 0; d < width; d += 1) sum[d] = (sum[d] ?? 0) + w * (means[a]?.[d] ?? 0);
  }
  return Float32Array.from(sum, (value) => value / weight);
}

function* meanOf(items: Int32Array, embeddings: Float32Array, width: number): Pieces<Float32Array> {
  const sum = new Float64Array(width);
  for (const [from, to] of stretches(items.length, PIECE)) {
    for (const item of items.subarray(from, to)) {
      for (let d = 0; d < width; d += 1) sum[d] = (sum[d] ?? 0) + (embeddings[item * width + d] ?? 0);
    }
    yield;
  }
  return Float32Array.from(sum, (value) => (items.length === 0 ? 0 : value / items.length));
}
