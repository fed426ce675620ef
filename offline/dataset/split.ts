/**
 * A split on disk: `split.json` (texts, and where each column lies) and `columns.bin` (the columns, little-endian, one
 * after another at multiples of 8 bytes). The same split gives the same bytes.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SnapshotSchema } from '../../src/checkpoint/manifest.js';
import { readHashed } from '../files.js';
import { UserError } from '../../src/terminal/user-error.js';
import { SPLIT_KINDS, type Split, type UserSequences } from './sequences.js';

export type { Split, SplitKind, UserSequences } from './sequences.js';

export const FORMAT = 1;

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
export type Column = z.infer<typeof ColumnSchema>;
export type SequencesFile = z.infer<typeof SequencesSchema>;
export type SplitFile = z.infer<typeof FileSchema>;

/** @throws UserError when there is no split or its files do not belong together. */
export async function loadSplit(folder: string): Promise<Split> {
  const file = parse(folder, await found(folder, 'split.json', (path) => readFile(path)));
  const { buffer, hash } = await found(folder, 'columns.bin', readHashed);
  if (hash !== file.columns) {
    throw new UserError(`${folder}: columns.bin does not belong to split.json; run dataset again with --force`);
  }
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

async function found<T>(folder: string, name: string, read: (path: string) => Promise<T>): Promise<T> {
  try {
    return await read(join(folder, name));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    throw new UserError(`no dataset in ${folder} (${name} is missing): run the dataset command first`);
  }
}
