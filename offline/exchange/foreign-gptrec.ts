/** A GPTRec of other making becomes ours: its tensors under our names and shapes, its items in our vocabulary's order. */
import { z } from 'zod';
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import type { Safetensors } from '../../src/checkpoint/safetensors.js';
import { gptRecShapes } from '../../src/model/gptrec.js';
import type { GptRecShape } from '../../src/model/shapes.js';
import { leaves, type Tree } from '../../src/model/tree.js';
import { UserError } from '../../src/terminal/user-error.js';
import { closest } from '../../src/text/closest.js';
import { readSource, type TensorSource, TensorSourceSchema } from './tensor-sources.js';

export const GptRecMappingSchema = z.strictObject({
  /** The safetensors file. */
  weights: z.string(),
  /** Item ids by row of the item table: a JSON list, null where a row is no item, or a text with one id a line. */
  vocabulary: z.string(),
  heads: z.int().positive(),
  layers: z.int().positive().max(1_000),
  /** Our name -> where it lies; `{b}` in both stands for every block, from 0. */
  tensors: z.record(z.string(), TensorSourceSchema),
});
export type GptRecMapping = z.infer<typeof GptRecMappingSchema>;

export interface ForeignGptRec {
  readonly shape: GptRecShape;
  /** `gptrec.*` */
  readonly weights: ReadonlyMap<string, WeightArray>;
  /** Items of the dataset that the model does not know. */
  readonly missing: readonly string[];
  /** Items that the model knows and the dataset does not. */
  readonly dropped: number;
}

/** The sources of every weight, block by block. @throws UserError for a name that is none of ours, or one that lacks. */
export function gptRecSources({ layers, tensors }: GptRecMapping): ReadonlyMap<string, TensorSource> {
  const ours = leaves(shapesOf({ items: 1, width: 1, heads: 1, layers, window: 1 })).map(([name]) => name);
  const sources = new Map<string, TensorSource>();
  for (const [name, source] of Object.entries(tensors)) {
    const blocks = name.includes('{b}') ? Array.from({ length: layers }, (_, b) => String(b)) : [''];
    for (const b of blocks) sources.set(name.replaceAll('{b}', b), ofBlock(source, b));
  }
  const strange = [...sources.keys()].find((name) => !ours.includes(name));
  if (strange !== undefined) {
    throw new UserError(`the mapping names ${strange}, which GPTRec does not have${meant(strange, ours)}`);
  }
  const lacking = ours.filter((name) => !sources.has(name));
  if (lacking.length > 0) throw new UserError(`the mapping lacks ${lacking.join(', ')}`);
  return sources;
}

const shapesOf = (shape: GptRecShape): Tree<Int32Array> => gptRecShapes(shape) as unknown as Tree<Int32Array>;

const meant = (name: string, known: readonly string[]): string => {
  const near = closest(name, known);
  return near.length > 0 ? `; did you mean ${near.join(' or ')}?` : '';
};

function ofBlock(source: TensorSource, b: string): TensorSource {
  const named = (name: string): string => name.replaceAll('{b}', b);
  if (typeof source === 'string') return named(source);
  if ('fill' in source) return source;
  return { ...source, from: typeof source.from === 'string' ? named(source.from) : source.from.map(named) };
}

/**
 * @param vocabulary the model's, by row @param items the dataset's, by index @param sources of gptRecSources
 * @throws UserError that says which tensor has another shape than expected, or that the vocabulary does not fit
 */
export function foreignGptRec(
  { heads, layers }: GptRecMapping,
  sources: ReadonlyMap<string, TensorSource>,
  file: Safetensors,
  vocabulary: readonly (string | null)[],
  items: readonly string[],
): ForeignGptRec {
  const read = (name: string, expected: readonly number[]): WeightArray =>
    readSource(name, sources.get(name) ?? name, expected, file);
  const table = read('items', [-1, -1]);
  const [rows = 0, width = 0] = table.shape;
  if (rows !== vocabulary.length) {
    throw new UserError(
      `items has ${rows} rows, but the vocabulary ${vocabulary.length} entries: one is needed for each`,
    );
  }
  if (width % heads !== 0) throw new UserError(`a width of ${width} cannot be dealt to ${heads} heads`);
  const [window = 0] = read('positions', [-1, width]).shape;
  const shape = { items: items.length, width, heads, layers, window };
  const { weights: aligned, missing, dropped } = alignItems(table, vocabulary, items);
  const others = leaves(shapesOf(shape)).filter(([name]) => name !== 'items');
  return {
    shape,
    weights: new Map([
      ['gptrec.items', aligned],
      ...others.map(([name, expected]) => [`gptrec.${name}`, read(name, [...expected])] as const),
    ]),
    missing,
    dropped,
  };
}

/** Rows in the order of the dataset's items; what the model does not know gets the mean of all rows that are items. */
function alignItems(
  { shape: [, width = 0], data }: WeightArray,
  vocabulary: readonly (string | null)[],
  items: readonly string[],
): { weights: WeightArray; missing: string[]; dropped: number } {
  const rowOf = new Map<string, number>();
  const mean = new Float64Array(width);
  for (const [row, id] of vocabulary.entries()) {
    if (id === null) continue;
    if (rowOf.has(id)) throw new UserError(`the vocabulary names the item ${id} twice`);
    rowOf.set(id, row);
    for (let i = 0; i < width; i++) mean[i] = (mean[i] ?? 0) + (data[row * width + i] ?? 0);
  }
  const average = Float32Array.from(mean, (sum) => sum / Math.max(1, rowOf.size));
  const aligned = new Float32Array(items.length * width);
  const missing: string[] = [];
  for (const [item, id] of items.entries()) {
    const row = rowOf.get(id);
    if (row === undefined) missing.push(id);
    aligned.set(row === undefined ? average : data.subarray(row * width, (row + 1) * width), item * width);
  }
  const dropped = rowOf.size - (items.length - missing.length);
  return { weights: { shape: [items.length, width], data: aligned }, missing, dropped };
}

/** @param text a JSON list of ids and nulls, or one id a line */
export function readVocabulary(text: string): (string | null)[] {
  if (!text.trimStart().startsWith('['))
    return text
      .trimEnd()
      .split(/\r?\n/)
      .map((id) => (id === '' ? null : id));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError('the vocabulary begins like a JSON list and is none');
  }
  const result = z.array(z.union([z.string(), z.number(), z.null()])).safeParse(value);
  if (!result.success) throw new UserError('the vocabulary must be a list of item ids, null where a row is no item');
  return result.data.map((id) => (id === null ? null : String(id)));
}
