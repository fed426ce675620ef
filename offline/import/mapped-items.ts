/** Somebody's items as a source, with the attributes that further files join to them. */
import { MAX_ATTRIBUTES, MAX_TITLE_LENGTH } from '../../src/events/contracts.js';
import type { CatalogueItem } from '../../src/events/events.js';
import { jsonHash } from '../canonical-json.js';
import { UserError } from '../../src/terminal/user-error.js';
import { attributesOf } from './attribute-columns.js';
import { joinAttributes } from './joined-attributes.js';
import { type ItemsMapping, type JoinedMapping, readingOf } from './mapping.js';
import type { ImportSource } from './source.js';
import { fingerprintFiles } from './source-files.js';
import { readRows } from './tables/read-rows.js';

/** Goes up when the same files would lead to other records. */
const READER = 'items 2';

export async function mappedItems(mapping: ItemsMapping, joined: readonly JoinedMapping[]): Promise<ImportSource> {
  const all = [mapping, ...joined];
  const salt = `${READER} ${jsonHash(all.map(readingOf))}`;
  const files = all.map(({ file }) => file);
  return {
    name: `items from ${files.join(' and ')}`,
    fingerprint: await fingerprintFiles(salt, files),
    read: async (signal) => {
      const items = await joinAttributes(await readItems(mapping, signal), joined, signal);
      const many = items.find(({ attributes }) => attributes.length > MAX_ATTRIBUTES);
      if (many)
        throw new UserError(
          `${mapping.file}: item ${many.itemId} has ${many.attributes.length} attributes, ${MAX_ATTRIBUTES} at most can be`,
        );
      return { items, interactionCount: 0, interactions: () => [] };
    },
  };
}

/** An item of several lines has the first one's title and the attributes of all. */
async function readItems(mapping: ItemsMapping, signal: AbortSignal): Promise<CatalogueItem[]> {
  const { id, title, attributes, decade } = mapping;
  const optional = [title, decade].filter((column) => column !== undefined);
  const needed = [id, ...optional, ...attributes.map(({ column }) => column)];
  const items = new Map<string, CatalogueItem>();
  for await (const row of readRows(mapping, () => needed, signal)) {
    const itemId = row.id(id);
    const before = items.get(itemId) ?? {
      itemId,
      title: (title !== undefined && row.text(title, MAX_TITLE_LENGTH)) || itemId,
      attributes: [],
      markets: null,
      minimumAge: null,
      addedAt: null,
    };
    const all = new Set([...before.attributes, ...attributesOf(row, attributes, decade)]);
    items.set(itemId, { ...before, attributes: [...all] });
  }
  if (items.size === 0) throw new UserError(`${mapping.file} holds no item`);
  return [...items.values()];
}
