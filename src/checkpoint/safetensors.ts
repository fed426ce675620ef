/**
 * The safetensors format (Hugging Face), readable from Python: the header's length (u64, little-endian), a JSON header
 * of name -> { dtype, shape, data_offsets }, then the values. Only F32 is used here. Names are written in order, so
 * equal weights give equal bytes.
 */
import { z } from 'zod';
import type { WeightArray } from './checkpoint.js';

/** A header of more than this is refused before it is parsed. */
const HEADER_LIMIT = 16 * 1024 * 1024;

const whole = z.int().nonnegative();
const EntrySchema = z.object({ dtype: z.string(), shape: z.array(whole), data_offsets: z.tuple([whole, whole]) });
type Entry = z.infer<typeof EntrySchema>;
const METADATA = '__metadata__';
/** Not z.record, which loses a name such as __proto__. */
const MetadataSchema = z.custom<Readonly<Record<string, string>>>(isTexts, 'expected texts by name');

interface Laid {
  /** Length and JSON of the header. */
  readonly header: Buffer;
  readonly values: readonly Buffer[];
  /** Where the values of each tensor lie in the bytes. */
  readonly places: ReadonlyMap<string, { readonly offset: number; readonly length: number }>;
}

function lay(weights: ReadonlyMap<string, WeightArray>, metadata: Readonly<Record<string, string>>): Laid {
  const ordered = [...weights].sort(([a], [b]) => (a < b ? -1 : 1));
  let offset = 0;
  const entries = ordered.map(([name, { shape, data }]) => {
    const begin = offset;
    offset += data.byteLength;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, offset] as const }] as const;
  });
  const hasMetadata = Object.keys(metadata).length > 0;
  const text = JSON.stringify(
    Object.fromEntries<unknown>([...(hasMetadata ? [[METADATA, metadata] as const] : []), ...entries]),
  );
  // Padded with spaces so that the values start at a multiple of 8, as the format asks.
  const json = Buffer.from(text + ' '.repeat(-Buffer.byteLength(text) & 7));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const start = length.length + json.length;
  return {
    header: Buffer.concat([length, json]),
    values: ordered.map(([, { data }]) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
    places: new Map(
      entries.map(
        ([
          name,
          {
            data_offsets: [begin, end],
          },
        ]) => [name, { offset: start + begin, length: end - begin }],
      ),
    ),
  };
}

export function writeSafetensors(
  weights: ReadonlyMap<string, WeightArray>,
  metadata: Readonly<Record<string, string>> = {},
): Buffer {
  const { header, values } = lay(weights, metadata);
  return Buffer.concat([header, ...values]);
}

/** Where the values of each tensor lie in what writeSafetensors gives, in bytes. */
export const placesInSafetensors = (weights: ReadonlyMap<string, WeightArray>): Laid['places'] =>
  lay(weights, {}).places;

export interface Safetensors {
  readonly weights: ReadonlyMap<string, WeightArray>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Names of the tensors that were not wanted. */
  readonly left: readonly string[];
}

/**
 * @param isWanted of which tensors the values are read; what else the bytes hold may be of any type
 * @throws Error that says what is wrong with the bytes.
 */
export function readSafetensors(bytes: Buffer, isWanted: (name: string) => boolean = () => true): Safetensors {
  if (bytes.length < 8) throw new Error('safetensors: shorter than its header');
  const headerLength = Number(bytes.readBigUInt64LE(0));
  if (headerLength > HEADER_LIMIT || 8 + headerLength > bytes.length)
    throw new Error('safetensors: the header is cut off');
  const start = 8 + headerLength;
  const weights = new Map<string, WeightArray>();
  const left: string[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, entry] of Object.entries(parseHeader(bytes.toString('utf8', 8, start)))) {
    if (name === METADATA) metadata = parseEntry(MetadataSchema, name, entry);
    else if (!isWanted(name)) left.push(name);
    else weights.set(name, readEntry(bytes, start, name, parseEntry(EntrySchema, name, entry)));
  }
  return { weights, metadata, left };
}

function isTexts(value: unknown): boolean {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && Object.values(value).every((text) => typeof text === 'string');
}

function parseHeader(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('safetensors: the header is no JSON');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new Error('safetensors: the header is no JSON object');
}

function parseEntry<T>(schema: z.ZodType<T>, name: string, entry: unknown): T {
  const result = schema.safeParse(entry);
  if (result.success) return result.data;
  throw new Error(`safetensors: the header's entry ${name} is malformed: ${z.prettifyError(result.error)}`);
}

function readEntry(bytes: Buffer, start: number, name: string, { dtype, shape, data_offsets }: Entry): WeightArray {
  if (dtype !== 'F32') throw new Error(`safetensors: ${name} is ${dtype}, only F32 is read`);
  const [from, to] = data_offsets;
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const isInside = from <= to && start + to <= bytes.length;
  if (!isInside || to - from !== 4 * size) throw new Error(`safetensors: the values of ${name} do not fit its shape`);
  const copy = new Uint8Array(to - from);
  copy.set(bytes.subarray(start + from, start + to));
  return { shape, data: new Float32Array(copy.buffer) };
}
