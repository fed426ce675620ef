/** The imports as steps to be called in-process. Each says what it did; a source is imported once. */
import type { OfflineContext } from '../context.js';
import { type ImportSummary, importIntoLog } from './into-log.js';
import { mappedInteractions } from './mapped-interactions.js';
import { mappedItems } from './mapped-items.js';
import type { Mapping } from './mapping.js';
import { movieLens, movieLensAttributes } from './movielens.js';
import { synthetic } from './synthetic.js';
import { DEFAULT_SYNTHETIC, type SyntheticParameters } from './synthetic-parameters.js';

/** @param attributes files of further attributes, whose ids stand in a column `item` */
export async function runImportMovieLens(
  context: OfflineContext,
  folder: string,
  attributes: readonly string[] = [],
): Promise<ImportSummary> {
  const summary = await importIntoLog(context, await movieLens(folder));
  // On top of what is there: who thinks of attributes later need not import the ratings again.
  if (attributes.length > 0) await importIntoLog(context, await movieLensAttributes(folder, attributes));
  return summary;
}

/** Items and interactions are sources of their own: other items or attributes later leave the history as it is. */
export async function runImportCsv(
  context: OfflineContext,
  { interactions, items, attributes }: Mapping,
): Promise<void> {
  if (items !== undefined) await importIntoLog(context, await mappedItems(items, attributes));
  if (interactions !== undefined) await importIntoLog(context, await mappedInteractions(interactions));
}

/** @param parameters those that differ from the defaults */
export async function runImportSynthetic(
  context: OfflineContext,
  parameters: Partial<SyntheticParameters> = {},
): Promise<ImportSummary> {
  return importIntoLog(context, synthetic({ ...DEFAULT_SYNTHETIC, ...parameters }));
}
