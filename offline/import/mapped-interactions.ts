/** Somebody's interactions as a source: one a row, in any order. */
import { jsonHash } from '../canonical-json.js';
import { UserError } from '../../src/terminal/user-error.js';
import { InteractionTable } from './interaction-table.js';
import { type InteractionsMapping, readingOf } from './mapping.js';
import type { ImportSource } from './source.js';
import { fingerprintFiles } from './source-files.js';
import { readRows } from './tables/read-rows.js';

/** Goes up when the same file would lead to other records. */
const READER = 'interactions 2';

export async function mappedInteractions(mapping: InteractionsMapping): Promise<ImportSource> {
  const { file } = mapping;
  const fingerprint = await fingerprintFiles(`${READER} ${jsonHash(readingOf(mapping))}`, [file]);
  return {
    name: `interactions from ${file}`,
    fingerprint,
    read: async (signal) => {
      const table = await readTable(mapping, signal);
      const prefix = `csv:${fingerprint.slice(0, 12)}`;
      return { items: [], interactionCount: table.length, interactions: () => table.byTime(prefix) };
    },
  };
}

async function readTable(mapping: InteractionsMapping, signal: AbortSignal): Promise<InteractionTable> {
  const table = new InteractionTable();
  const { user, item, time, timeUnit, kind, value } = mapping;
  const needed = [user, item, time, kind, value].filter((column) => column !== undefined);
  for await (const row of readRows(mapping, () => needed, signal)) {
    table.add({
      userId: row.id(user),
      itemId: row.id(item),
      kind: kind === undefined ? 'view' : row.id(kind),
      value: value === undefined ? null : row.number(value),
      occurredAt: row.time(time, timeUnit),
    });
  }
  if (table.length === 0) throw new UserError(`${mapping.file} holds no interaction`);
  return table;
}
