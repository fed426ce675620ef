/**
 * What the columns of somebody's files mean. As a JSON file (`--mapping`), as flags, or both: a flag wins. File names in
 * a mapping are relative to it.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { Json } from '../canonical-json.js';
import { UserError } from '../../src/terminal/user-error.js';
import { TIME_UNITS } from './tables/row.js';

const name = z.string().min(1);
const table = {
  /** `.csv` or any other text with separators, also `.gz`; `.parquet`; `.avro`. */
  file: name,
  separator: name.default(','),
  quote: z.string().max(1).default('"'),
  encoding: z.enum(['utf8', 'latin1']).default('utf8'),
  columns: z.array(name).optional(),
};

/** A column of items whose values become attributes `<name>/<value>`; the column's name where there is none other. */
const AttributeColumnSchema = z.union([
  name.transform((column) => ({ column, name: column, separator: '|' })),
  z
    .strictObject({ column: name, name: name.optional(), separator: name.default('|') })
    .transform(({ column, name = column, separator }) => ({ column, name, separator })),
]);

const InteractionsSchema = z.strictObject({
  ...table,
  user: name.default('user'),
  item: name.default('item'),
  time: name.default('time'),
  timeUnit: z.enum(TIME_UNITS).default('s'),
  /** Without it every interaction is a `view`. */
  kind: name.optional(),
  value: name.optional(),
});

const ItemsSchema = z.strictObject({
  ...table,
  id: name.default('item'),
  /** Without it the item's id is its title. */
  title: name.optional(),
  attributes: z.array(AttributeColumnSchema).default([]),
  /** A column that names the year: makes attributes such as `decade/1980`. */
  decade: name.optional(),
});

/** Further attributes of the items, an item on one line or on several. */
const JoinedSchema = z.strictObject({
  ...table,
  id: name.default('item'),
  /** Without it all columns but the id. */
  attributes: z.array(AttributeColumnSchema).optional(),
  decade: name.optional(),
});

const MappingSchema = z.strictObject({
  interactions: InteractionsSchema.optional(),
  /** Without it the catalogue stays as it is. */
  items: ItemsSchema.optional(),
  attributes: z.array(JoinedSchema).default([]),
});

export type Mapping = z.infer<typeof MappingSchema>;
export type InteractionsMapping = z.infer<typeof InteractionsSchema>;
export type ItemsMapping = z.infer<typeof ItemsSchema>;
export type JoinedMapping = z.infer<typeof JoinedSchema>;
export type AttributeColumn = z.infer<typeof AttributeColumnSchema>;

/** A file of further attributes that says all by itself: the id's column is `item`, the others are attributes. */
export const joinedFile = (file: string): JoinedMapping => JoinedSchema.parse({ file });

/** How a file is read, whatever it is called: the same contents read the same way are the same source. */
export function readingOf(section: InteractionsMapping | ItemsMapping | JoinedMapping): Json {
  return JSON.parse(JSON.stringify({ ...section, file: null })) as Json;
}

/** The outline of a mapping, before its members are judged. */
const DraftSchema = z.looseObject({
  interactions: z.looseObject({}).optional(),
  items: z.looseObject({}).optional(),
  attributes: z.array(z.looseObject({})).optional(),
});
export type MappingDraft = z.infer<typeof DraftSchema>;

/** Fills in what is not said. @param source what to call it in an error. @throws UserError naming the member */
export function completeMapping(draft: MappingDraft, source: string): Mapping {
  const mapping = judged(MappingSchema, draft, source);
  if (mapping.interactions === undefined && mapping.items === undefined) {
    throw new UserError('nothing to import: name a file of interactions, of items, or both');
  }
  if (mapping.attributes.length > 0 && mapping.items === undefined) {
    throw new UserError('further attributes are joined to items: name the file of the items too (--items)');
  }
  return mapping;
}

/** @throws UserError for a file that is missing or no mapping */
export async function readMapping(file: string): Promise<MappingDraft> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UserError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${file} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { interactions, items, attributes, ...rest } = judged(DraftSchema, json, file);
  const placed = <T extends object>(section: T): T =>
    'file' in section && typeof section.file === 'string'
      ? { ...section, file: resolve(dirname(file), section.file) }
      : section;
  return {
    ...rest,
    ...(interactions === undefined ? {} : { interactions: placed(interactions) }),
    ...(items === undefined ? {} : { items: placed(items) }),
    ...(attributes === undefined ? {} : { attributes: attributes.map(placed) }),
  };
}

function judged<T>(schema: z.ZodType<T>, value: unknown, source: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`);
  throw new UserError(`${source}: ${problems.join('; ')}`);
}
