/** The catalogue of a snapshot: the latest description of every item; withdrawn ones are gone. */
import type { Snapshot } from '../../src/checkpoint/manifest.js';
import type { CatalogueItem } from '../../src/events/events.js';
import type { OfflineContext } from '../context.js';
import { readSnapshot } from './snapshot.js';

export async function readCatalogue(
  { log, wire, config, signal }: OfflineContext,
  snapshot: Snapshot,
): Promise<ReadonlyMap<string, CatalogueItem>> {
  const topic = config.topics.catalogue;
  const items = new Map<string, CatalogueItem>();
  for (const [partition, extent] of (snapshot[topic] ?? []).entries()) {
    for await (const records of readSnapshot(log, topic, partition, extent, signal)) {
      const decoder = (await wire.prepare(records))('catalogue-item');
      for (const { key, value } of records) {
        if (key === null) continue;
        const decoded = value === null ? undefined : decoder.decode(value);
        if (decoded === undefined) items.delete(key.toString());
        else if (decoded.ok && decoded.value.itemId === key.toString()) items.set(decoded.value.itemId, decoded.value);
      }
    }
  }
  return items;
}

/** The part of a catalogue that a vocabulary needs, in its numbers. */
export interface VocabularyCatalogue {
  readonly titles: readonly string[];
  readonly attributeNames: readonly string[];
  readonly attributeItems: readonly Int32Array[];
}

/**
 * @param items item ids by vocabulary index
 * @param derived further attributes, which the catalogue does not know
 */
export function describe(
  items: readonly string[],
  catalogue: ReadonlyMap<string, CatalogueItem>,
  derived: readonly { readonly name: string; readonly items: Int32Array }[] = [],
): VocabularyCatalogue {
  const bearers = new Map<string, number[]>();
  for (const [index, itemId] of items.entries()) {
    for (const attribute of new Set(catalogue.get(itemId)?.attributes)) {
      const list = bearers.get(attribute);
      if (list === undefined) bearers.set(attribute, [index]);
      else list.push(index);
    }
  }
  for (const { name, items: indexes } of derived) bearers.set(name, [...indexes]);
  const named = [...bearers].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    titles: items.map((itemId) => catalogue.get(itemId)?.title ?? itemId),
    attributeNames: named.map(([name]) => name),
    attributeItems: named.map(([, indexes]) => Int32Array.from(indexes)),
  };
}
