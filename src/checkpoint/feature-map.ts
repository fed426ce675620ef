/**
 * Which features of an earlier checkpoint are which of this one, so that what names one outlives it. Two features are the
 * same where each is the other's nearest by the cosine of their decoder rows, and that cosine is high. Rows of two models
 * that were trained apart lie in different spaces: then few features match, and that is the answer.
 */
import { z } from 'zod';
import type { Checkpoint, FeatureMap, FeaturePairs } from './checkpoint.js';

/** Cosine from which two features are taken for one. */
export const SAME_FEATURE = 0.7;
/** Earlier checkpoints that a map reaches back to. */
export const MOST_MAPS = 8;

const index = z.int().nonnegative();
export const FeatureMapsSchema = z
  .array(z.strictObject({ content: z.string().regex(/^[0-9a-f]{8}$/), features: z.array(z.tuple([index, index])) }))
  .max(MOST_MAPS);

/** A decoder, [m, d] row-major. */
export interface Decoder {
  readonly width: number;
  readonly data: Float32Array;
}

/** Mutual best matches of at least `threshold`; of equal ones the lower. A row of zeros matches nothing. */
export function matchFeatures(before: Decoder, after: Decoder, threshold = SAME_FEATURE): FeaturePairs {
  if (before.width !== after.width) return [];
  const [old, now] = [unitRows(before), unitRows(after)];
  const nearest = old.map((row) => nearestOf(row, now));
  const nearestBack = now.map((row) => nearestOf(row, old));
  return nearest.flatMap(({ row: to, cosine }, from) =>
    cosine >= threshold && nearestBack[to]?.row === from ? [[from, to] as const] : [],
  );
}

/** Maps for a new checkpoint: from the one before it, and through that one's from what it knew. */
export function featureMaps(before: Checkpoint, contentOfBefore: string, after: FeatureSpace): readonly FeatureMap[] {
  const { manifest, weights } = before;
  const isSamePlace = manifest.sae.layer === after.layer && manifest.sae.site === after.site;
  const decoder = weights.get('sae.decoder');
  const features =
    isSamePlace && decoder ? matchFeatures({ width: manifest.sae.width, data: decoder.data }, after.decoder) : [];
  const onward = new Map(features);
  const through = before.featureMaps.map(({ content, features: pairs }) => ({
    content,
    features: pairs.flatMap(([from, to]): FeaturePairs => {
      const next = onward.get(to);
      return next === undefined ? [] : [[from, next]];
    }),
  }));
  return [{ content: contentOfBefore, features }, ...through].slice(0, MOST_MAPS);
}

/** Where a dictionary reads, and its decoder. */
export interface FeatureSpace {
  readonly layer: number;
  readonly site: string;
  readonly decoder: Decoder;
}

/** Whether pairs are in order, and no feature stands twice on a side or beyond the dictionary. */
export function areSound(pairs: FeaturePairs, features: number): boolean {
  const isAscending = pairs.every(([from], i) => from > (pairs[i - 1]?.[0] ?? -1));
  return (
    isAscending && new Set(pairs.map(([, to]) => to)).size === pairs.length && pairs.every(([, to]) => to < features)
  );
}

function unitRows({ width, data }: Decoder): readonly Float32Array[] {
  return Array.from({ length: data.length / width }, (_, i) => {
    const row = data.slice(i * width, (i + 1) * width);
    const norm = Math.hypot(...row);
    return norm > 0 ? row.map((value) => value / norm) : row;
  });
}

function nearestOf(
  row: Float32Array,
  rows: readonly Float32Array[],
): { readonly row: number; readonly cosine: number } {
  let best = { row: -1, cosine: Number.NEGATIVE_INFINITY };
  for (const [i, other] of rows.entries()) {
    let cosine = 0;
    for (let d = 0; d < row.length; d += 1) cosine += (row[d] ?? 0) * (other[d] ?? 0);
    if (cosine > best.cosine) best = { row: i, cosine };
  }
  return best;
}
