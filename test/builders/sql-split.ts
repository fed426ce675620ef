/** Splits of a few accepted interactions, made as the dataset step makes them: through Parquet and SQL. */
import { join } from 'node:path';
import { openDuckDb } from '../../offline/duckdb.js';
import { AcceptedWriter, viewAccepted } from '../../offline/dataset/accepted.js';
import { readParts, readVocabulary } from '../../offline/dataset/sequences-of-split.js';
import { loadSplit, type Split, type SplitKind } from '../../offline/dataset/split.js';
import { runSplitSql } from '../../offline/dataset/split-sql.js';
import { writeSplit } from '../../offline/dataset/write-split.js';

/** Rows of one user in log order, with times that never decrease. */
export type Accepted = readonly [user: string, item: string, time: number];

/** @param folder gets the dataset's files: interactions, tables, the split */
export async function splitBySql(
  kind: SplitKind,
  events: readonly Accepted[],
  { seed = 1, folder }: { readonly seed?: number; readonly folder: string },
): Promise<Split> {
  await using database = await openDuckDb();
  const { connection } = database;
  const writer = await AcceptedWriter.open(connection, folder);
  for (const event of events) writer.add(...event);
  const summary = await writer.finish();
  await viewAccepted(connection, folder);
  await runSplitSql(connection, { kind, seed, folder: join(folder, 'tables') });
  const { items } = await readVocabulary(connection);
  const parts = await readParts(connection, kind, summary);
  const texts = { snapshot: {}, titles: items, attributeNames: [], attributeItems: [] };
  await writeSplit(folder, { kind, seed, items, ...texts }, parts);
  return await loadSplit(folder);
}
