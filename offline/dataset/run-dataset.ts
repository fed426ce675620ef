/** The dataset step: a snapshot of the log becomes a split on disk. */
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { OfflineContext } from '../context.js';
import { openDuckDb } from '../duckdb.js';
import { createProgress, groups } from '../../src/terminal/progress.js';
import { runStep, type StepResult } from '../step.js';
import { viewAccepted } from './accepted.js';
import { popularityLevels } from './popularity.js';
import { describe, readCatalogue } from './read-catalogue.js';
import { readLog } from './read-log.js';
import type { SequencesSource, SplitHead, SplitKind, SplitParts } from './sequences.js';
import { readParts, readVocabulary, testFrom } from './sequences-of-split.js';
import { takeSnapshot } from './snapshot.js';
import { runSplitSql, type SplitSqlOptions } from './split-sql.js';
import { writeSplit } from './write-split.js';

/** Goes up when the same snapshot would lead to another split. */
const VERSION = 2;

export const DEFAULT_MEMORY_MB = 1024;

export interface DatasetParameters {
  readonly split: SplitKind;
  readonly seed: number;
  /** Derives the attributes `popularity/high`, `middle` and `low`. */
  readonly popularity?: boolean;
  /** MB that DuckDB may hold before it writes to disk. */
  readonly memory?: number;
  readonly force?: boolean;
}

/** Users of every part, and what else one wants to know of a dataset at a glance. */
export interface DatasetSummary {
  readonly [name: string]: number | string | null;
  readonly items: number;
  readonly attributes: number;
  readonly train: number;
  readonly validation: number;
  readonly sae: number;
  readonly test: number;
  readonly trainInteractions: number;
  /** Start of the test, ISO 8601; null for leave-one-out, whose users have each their own. */
  readonly testFrom: string | null;
  readonly refused: number;
  readonly leftOut: number;
}

/** Where the split of this kind lies. */
export function datasetFolder(dir: string, split: SplitKind): string {
  return join(dir, 'dataset', split);
}

/** Makes the split, or says that it is there already. */
export async function runDataset(
  context: OfflineContext,
  parameters: DatasetParameters,
): Promise<StepResult<DatasetSummary>> {
  const { config, log, print } = context;
  const { split: kind, seed, popularity = false, memory: memoryMb = DEFAULT_MEMORY_MB, force = false } = parameters;
  const { interactions, profiles, catalogue } = config.topics;
  const { snapshot, fingerprint } = await takeSnapshot(log, [interactions, profiles, catalogue]);
  const { kinds } = config.reducer;
  const taken = { snapshot, fingerprint };
  const step = {
    name: 'dataset',
    folder: datasetFolder(context.dir, kind),
    inputs: { version: VERSION, split: kind, seed, kinds, popularity, snapshot, fingerprint },
    run: async (folder: string): Promise<DatasetSummary> => {
      const log = await readLog(context, taken, { force, memoryMb });
      await using database = await openDuckDb({ memoryMb, spill: join(folder, 'spill') });
      const { connection } = database;
      await viewAccepted(connection, log.folder);
      await makeTables(context, connection, { kind, seed, folder: join(folder, 'tables') });
      const { items, uses } = await readVocabulary(connection);
      const parts = await readParts(connection, kind, log.summary);
      const derived = popularity ? popularityLevels(uses) : [];
      const described = describe(items, await readCatalogue(context, snapshot), derived);
      const head = { kind, seed, snapshot, items, ...described };
      await writeSplit(folder, head, parts);
      const { refused, leftOut } = log.summary;
      return summarise(head, parts, { refused, leftOut, testFrom: await testFrom(connection, kind) });
    },
  };
  const result = await runStep(step, { force, print });
  print(sentence(kind, result.summary));
  return result;
}

/** Runs the SQL; an interruption ends the query in hand. */
async function makeTables(
  { signal }: OfflineContext,
  connection: DuckDBConnection,
  options: SplitSqlOptions,
): Promise<void> {
  const progress = createProgress({ label: 'split', unit: 'tables' });
  const interrupt = (): void => {
    connection.interrupt();
  };
  signal.addEventListener('abort', interrupt);
  let made = 0;
  try {
    await runSplitSql(connection, {
      ...options,
      onTable: (name) => {
        signal.throwIfAborted();
        progress.tick(made++, name);
      },
    });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
  progress.tick(made);
  progress.end();
}

function summarise(
  { items, attributeNames }: SplitHead,
  { train, validation, sae, test }: SplitParts<SequencesSource>,
  rest: Pick<DatasetSummary, 'refused' | 'leftOut' | 'testFrom'>,
): DatasetSummary {
  return {
    items: items.length,
    attributes: attributeNames.length,
    train: train.users.length,
    validation: validation.users.length,
    sae: sae.users.length,
    test: test.users.length,
    trainInteractions: train.offsets.at(-1) ?? 0,
    ...rest,
  };
}

function sentence(kind: SplitKind, summary: DatasetSummary): string {
  const { train, validation, sae, test, items, testFrom, refused } = summary;
  const users = `users: ${groups(train)} train, ${groups(validation)} validation, ${groups(sae)} SAE, ${groups(test)} test`;
  const more = `${testFrom === null ? '' : `, test from ${testFrom}`}${refused > 0 ? `, ${groups(refused)} bad records` : ''}`;
  return `dataset (${kind}): ${users}; ${groups(items)} items${more}`;
}
