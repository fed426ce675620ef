/**
 * Where in a safetensors file of other making each of our weights lies, as a mapping says:
 *
 *     "norm.scale": "ln_f.weight"                                            as it is
 *     "out.weight": { "from": "proj.weight", "transpose": true }             PyTorch's Linear keeps [out, in], we [in, out]
 *     "qkv.bias": { "from": ["q.bias", "k.bias", "v.bias"] }                 side by side, along the last axis
 *     "positions": { "from": "wpe.weight", "rows": [0, 64] }                 rows 0 to 63 of the first axis
 *     "up.bias": { "fill": 0 }                                               what the other model does not have
 *
 * Rows are taken first, then each part is transposed, then they are put side by side.
 */
import { z } from 'zod';
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import type { Safetensors } from '../../src/checkpoint/safetensors.js';
import { UserError } from '../../src/terminal/user-error.js';
import { closest } from '../../src/text/closest.js';

const whole = z.int().nonnegative();

export const TensorSourceSchema = z.union([
  z.string(),
  z.strictObject({
    from: z.union([z.string(), z.array(z.string()).min(1)]),
    transpose: z.boolean().default(false),
    /** [first, end) */
    rows: z.tuple([whole, whole]).optional(),
  }),
  z.strictObject({ fill: z.number() }),
]);
export type TensorSource = z.infer<typeof TensorSourceSchema>;

/** The names of a file's tensors that a source reads. */
export const namesOf = (source: TensorSource): readonly string[] =>
  typeof source === 'string' ? [source] : 'fill' in source ? [] : [source.from].flat();

/**
 * Reads one of our weights. @param expected its shape; a size of -1 is what the file says
 * @throws UserError that says which tensor is missing or of another shape, and what was expected
 */
export function readSource(
  name: string,
  source: TensorSource,
  expected: readonly number[],
  file: Safetensors,
): WeightArray {
  if (typeof source === 'object' && 'fill' in source) return filled(name, source.fill, expected);
  const { transpose, rows } =
    typeof source === 'string'
      ? { transpose: false, rows: undefined }
      : { transpose: source.transpose, rows: source.rows };
  const parts = namesOf(source).map((from) => {
    const tensor = find(file, name, from);
    const taken = rows === undefined ? tensor : rowsOf(tensor, rows, name, from);
    return transpose ? transposed(taken, name, from) : taken;
  });
  const whole = sideBySide(parts, name);
  const fits =
    whole.shape.length === expected.length && whole.shape.every((n, i) => expected[i] === -1 || n === expected[i]);
  if (fits) return finite(whole, name);
  const read = namesOf(source).map((from) => `${from} ${shapeText(file.weights.get(from)?.shape ?? [])}`);
  const how = `${transpose ? ', transposed' : ''}${rows === undefined ? '' : `, rows ${rows.join(' to ')}`}`;
  throw new UserError(
    `${name} must be ${shapeText(expected)}, but ${read.join(' and ')}${how} is ${shapeText(whole.shape)}${hint(whole, expected)}`,
  );
}

const shapeText = (shape: readonly number[]): string => `[${shape.map((n) => (n === -1 ? 'any' : n)).join(', ')}]`;

/** What most likely is wrong. */
function hint({ shape }: WeightArray, expected: readonly number[]): string {
  const turned = shape.length === 2 && shape.toReversed().every((n, i) => expected[i] === -1 || n === expected[i]);
  return turned ? '; its transpose would fit' : '';
}

function filled(name: string, value: number, shape: readonly number[]): WeightArray {
  if (shape.includes(-1)) throw new UserError(`${name} cannot be filled: its size is read from the file`);
  const size = shape.reduce((product, n) => product * n, 1);
  return { shape, data: new Float32Array(size).fill(value) };
}

function find({ weights, left }: Safetensors, name: string, from: string): WeightArray {
  const found = weights.get(from);
  if (found) return found;
  const near = closest(from, [...weights.keys(), ...left]);
  const meant = near.length > 0 ? `; did you mean ${near.join(' or ')}?` : '';
  throw new UserError(`${name}: the file has no tensor ${from}${meant}`);
}

function finite(weight: WeightArray, name: string): WeightArray {
  if (weight.data.every(Number.isFinite)) return weight;
  throw new UserError(`${name} is not finite in the file`);
}

function rowsOf(
  { shape, data }: WeightArray,
  [first, end]: readonly [number, number],
  name: string,
  from: string,
): WeightArray {
  const [count = 0, ...rest] = shape;
  if (first >= end || end > count) {
    throw new UserError(`${name}: rows ${first} to ${end} are asked of ${from}, which has ${count}`);
  }
  const size = rest.reduce((product, n) => product * n, 1);
  return { shape: [end - first, ...rest], data: data.subarray(first * size, end * size) };
}

function transposed({ shape, data }: WeightArray, name: string, from: string): WeightArray {
  const [rows, columns, ...more] = shape;
  if (rows === undefined || columns === undefined || more.length > 0) {
    throw new UserError(`${name}: ${from} is ${shapeText(shape)} and cannot be transposed`);
  }
  const turned = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j] ?? 0;
  return { shape: [columns, rows], data: turned };
}

/** Along the last axis. */
function sideBySide(parts: readonly WeightArray[], name: string): WeightArray {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return first ?? { shape: [0], data: new Float32Array() };
  const lead = first.shape.slice(0, -1);
  const strange = parts.find(({ shape }) => shape.slice(0, -1).join() !== lead.join() || shape.length === 0);
  if (strange) {
    throw new UserError(`${name}: ${shapeText(first.shape)} and ${shapeText(strange.shape)} cannot lie side by side`);
  }
  const widths = parts.map(({ shape }) => shape.at(-1) ?? 0);
  const width = widths.reduce((sum, n) => sum + n, 0);
  const rows = lead.reduce((product, n) => product * n, 1);
  const data = new Float32Array(rows * width);
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const own = widths[i] ?? 0;
    for (let row = 0; row < rows; row++) data.set(part.data.subarray(row * own, (row + 1) * own), row * width + at);
    at += own;
  }
  return { shape: [...lead, width], data };
}
