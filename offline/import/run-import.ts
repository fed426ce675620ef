/** The imports as steps to be called in-process. Each says what it did; a source is imported once. */
import type { OfflineContext } from '../context.js';
import { type CsvOptions, csv } from './csv.js';
import { type ImportSummary, importIntoLog } from './into-log.js';
import { movieLens } from './movielens.js';
import { synthetic } from './synthetic.js';
import { DEFAULT_SYNTHETIC, type SyntheticParameters } from './synthetic-parameters.js';

export async function runImportMovieLens(context: OfflineContext, folder: string): Promise<ImportSummary> {
  return importIntoLog(context, await movieLens(folder));
}

export async function runImportCsv(context: OfflineContext, options: CsvOptions): Promise<ImportSummary> {
  return importIntoLog(context, await csv(options));
}

/** @param parameters those that differ from the defaults */
export async function runImportSynthetic(
  context: OfflineContext,
  parameters: Partial<SyntheticParameters> = {},
): Promise<ImportSummary> {
  return importIntoLog(context, synthetic({ ...DEFAULT_SYNTHETIC, ...parameters }));
}
