/**
 * A split on disk: `split.json` (texts, and where each column lies) and `columns.bin` (the columns, little-endian, one
 * after another at multiples of 8 bytes). The same split gives the same bytes.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SnapshotSchema } from '../../src/checkpoint/manifest.js';
import { writeFileAtomic } from '../files.js';
import { UserError } from '../../src/terminal/user-error.js';
import { SPLIT_KINDS, type Split, type UserSequences } from './sequences.js';

export type { Split, SplitKind, UserSequences } from './sequences.js';

const FORMAT = 1;
const PARTS = ['train', 'validation', 'sae', 'test'] as const;

const whole = z.int().nonnegative();
/** Where a column begins, in bytes, and its length in values. */
const ColumnSchema = z.tuple([whole, whole]);
const SequencesSchema = z.strictObject({
  users: z.array(z.string()),
  offsets: ColumnSchema,
  items: ColumnSchema,
  times: ColumnSchema,
});
const FileSchema = z.strictObject({
  format: z.literal(FORMAT),
  kind: z.enum(SPLIT_KINDS),
  seed: z.int(),
  snapshot: SnapshotSchema,
  items: z.array(z.string()),
  titles: z.array(z.string()),
  attributes: z.array(z.strictObject({ name: z.string(), items: ColumnSchema })),
  train: SequencesSchema,
  validation: SequencesSchema,
  sae: SequencesSchema,
  test: SequencesSchema,
  /** SHA-256 (hex) of columns.bin. */
  columns: z.string(),
});
type Column = z.infer<typeof ColumnSchema>;
type SequencesFile = z.infer<typeof SequencesSchema>;

/** Writes both files into the folder; split.json comes last. */
export async function saveSplit(folder: string, split: Split): Promise<void> {
  const chunks: Buffer[] = [];
  let length = 0;
  const column = (values: Int32Array | Float64Array): Column => {
    const begin = length;
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    chunks.push(bytes, Buffer.alloc(-bytes.length & 7));
    length += bytes.length + (-bytes.length & 7);
    return [begin, values.length];
  };
  const sequences = ({ users, offsets, items, times }: UserSequences): SequencesFile => ({
    users: [...users],
    offsets: column(offsets),
    items: column(items),
    times: column(times),
  });
  const { kind, seed, snapshot, items, titles, attributeNames, attributeItems } = split;
  const attributes = attributeNames.map((name, i) => ({ name, items: column(attributeItems[i] ?? new Int32Array()) }));
  const [train, validation, sae, test] = PARTS.map((part) => sequences(split[part]));
  const bytes = Buffer.concat(chunks);
  const columns = createHash('sha256').update(bytes).digest('hex');
  const texts = { kind, seed, snapshot: sorted(snapshot), items, titles, attributes };
  const file = { format: FORMAT, ...texts, train, validation, sae, test, columns };
  await writeFileAtomic(join(folder, 'columns.bin'), bytes);
  await writeFileAtomic(join(folder, 'split.json'), `${JSON.stringify(file)}\n`);
}

/** @throws UserError when there is no split or its files do not belong together. */
export async function loadSplit(folder: string): Promise<Split> {
  const [json, bytes] = await Promise.all([read(folder, 'split.json'), read(folder, 'columns.bin')]);
  const file = parse(folder, json);
  if (createHash('sha256').update(bytes).digest('hex') !== file.columns) {
    throw new UserError(`${folder}: columns.bin does not belong to split.json; run dataset again with --force`);
  }
  // A copy of its own begins at a multiple of 8.
  const buffer = new Uint8Array(bytes).buffer;
  const ints = ([begin, length]: Column): Int32Array => new Int32Array(buffer, begin, length);
  const sequences = ({ users, offsets, items, times }: SequencesFile): UserSequences => ({
    users,
    offsets: ints(offsets),
    items: ints(items),
    times: new Float64Array(buffer, times[0], times[1]),
  });
  const { kind, seed, snapshot, items, titles, attributes } = file;
  return {
    ...{ kind, seed, snapshot, items, titles },
    attributeNames: attributes.map(({ name }) => name),
    attributeItems: attributes.map((attribute) => ints(attribute.items)),
    train: sequences(file.train),
    validation: sequences(file.validation),
    sae: sequences(file.sae),
    test: sequences(file.test),
  };
}

function parse(folder: string, json: Buffer): z.infer<typeof FileSchema> {
  let value: unknown;
  try {
    value = JSON.parse(json.toString());
  } catch {
    throw new UserError(`${folder}/split.json is no JSON; run dataset again with --force`);
  }
  const parsed = FileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UserError(
    `${folder}/split.json cannot be used (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}); run dataset again`,
  );
}

async function read(folder: string, name: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, name));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    throw new UserError(`no dataset in ${folder} (${name} is missing): run the dataset command first`);
  }
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
