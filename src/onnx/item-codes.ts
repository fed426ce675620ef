/**
 * Items as 8-bit integers, to look for the best of them with (src/onnx/search.ts), and how far these are off: what the
 * search is exact by. A score is the product of a state [width + columns] with an item's embedding and the attributes it
 * bears; an embedding is whole multiples of a step and what is left, an attribute as many steps as the greatest code.
 */
import type { GptRecShape } from '../model/shapes.js';
import { paddedItems } from './two-levels.js';

export interface ItemCodes {
  /** [width + columns, items up to a whole block]; what pads them is as the last item. */
  readonly codes: Int8Array;
  /** Of a code; its negative is the least. */
  readonly most: number;
  /** Of an embedding, by code. */
  readonly step: number;
  /** Greatest length of an item's codes, in steps. */
  readonly longest: number;
  /** Greatest distance between an item and its codes, in steps; what rounding in single precision does is part of it. */
  readonly furthest: number;
}

/** @param embeddings [items, width] @param columns items of each attribute @param most of a code (code-product.ts) */
export function itemCodes(
  embeddings: Float32Array,
  { items, width }: Pick<GptRecShape, 'items' | 'width'>,
  columns: readonly Int32Array[],
  most: number,
): ItemCodes {
  const V = paddedItems(items);
  const size = width + columns.length;
  const step = greatest(embeddings) / most || 1;
  const codes = new Int8Array(size * V);
  for (const [c, bearers] of columns.entries()) for (const item of bearers) codes[(width + c) * V + item] = most;
  let [longest, furthest, largest] = [0, 0, 0];
  for (let item = 0; item < items; item++) {
    let [ofCodes, ofRest, ofBoth] = [0, 0, 0];
    for (let i = 0; i < size; i++) {
      const at = i * V + item;
      const exact = i < width ? (embeddings[item * width + i] ?? 0) / step : (codes[at] ?? 0);
      const code = Math.round(exact);
      codes[at] = code;
      ofCodes += code ** 2;
      ofRest += (exact - code) ** 2;
      ofBoth += exact ** 2;
    }
    longest = Math.max(longest, Math.sqrt(ofCodes));
    furthest = Math.max(furthest, Math.sqrt(ofRest));
    largest = Math.max(largest, Math.sqrt(ofBoth));
  }
  for (let i = 0; i < size; i++) codes.fill(codes[i * V + items - 1] ?? 0, i * V + items, (i + 1) * V);
  return { codes, most, step, longest, furthest: furthest + rounding(size) * largest };
}

/** Of a sum of so many products in single precision, of the product of the lengths: twice the bound of any order. */
const rounding = (size: number): number => size * 2 ** -23;

const greatest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
