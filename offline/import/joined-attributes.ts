/** Further attributes of items (language, series, mood), from files of their own. */
import type { CatalogueItem } from '../../src/events/events.js';
import { UserError } from '../../src/terminal/user-error.js';
import { attributesOf } from './attribute-columns.js';
import type { AttributeColumn, JoinedMapping } from './mapping.js';
import { readRows } from './tables/read-rows.js';

export interface JoinedAttributes {
  readonly file: string;
  /** The id's column. */
  readonly id: string;
  readonly byItem: ReadonlyMap<string, readonly string[]>;
}

/** Items with the attributes that the files give them; ids of no item are passed over. @throws UserError */
export async function joinAttributes(
  items: readonly CatalogueItem[],
  files: readonly JoinedMapping[],
  signal: AbortSignal,
): Promise<CatalogueItem[]> {
  const joined: JoinedAttributes[] = [];
  for (const file of files) joined.push(await readAttributes(file, signal));
  return withAttributes(items, joined);
}

async function readAttributes(mapping: JoinedMapping, signal: AbortSignal): Promise<JoinedAttributes> {
  const { file, id, decade } = mapping;
  let attributes: readonly AttributeColumn[] = mapping.attributes ?? [];
  const choose = (columns: readonly string[]): string[] => {
    const others = columns.filter((column) => column !== id && column !== decade);
    attributes = mapping.attributes ?? others.map((column) => ({ column, name: column, separator: '|' }));
    return [id, ...attributes.map(({ column }) => column), ...(decade === undefined ? [] : [decade])];
  };
  const byItem = new Map<string, string[]>();
  for await (const row of readRows(mapping, choose, signal)) {
    const itemId = row.id(id);
    byItem.set(itemId, [...(byItem.get(itemId) ?? []), ...attributesOf(row, attributes, decade)]);
  }
  return { file, id, byItem };
}

function withAttributes(items: readonly CatalogueItem[], files: readonly JoinedAttributes[]): CatalogueItem[] {
  const known = new Set(items.map(({ itemId }) => itemId));
  for (const { file, id, byItem } of files) {
    if ([...byItem.keys()].some((itemId) => known.has(itemId))) continue;
    const [first = ''] = byItem.keys();
    throw new UserError(
      `${file}: none of its ${byItem.size} ids in column ${id} is an item's (the first is ${JSON.stringify(first)}); ` +
        'name the column that holds the item id',
    );
  }
  return items.map((item) => {
    const further = files.flatMap(({ byItem }) => byItem.get(item.itemId) ?? []);
    return { ...item, attributes: [...new Set([...item.attributes, ...further])] };
  });
}
