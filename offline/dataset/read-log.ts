/** Reads a snapshot of the log into Parquet, once for all splits of it. */
import { join } from 'node:path';
import type { OfflineContext } from '../context.js';
import { openDuckDb } from '../duckdb.js';
import { runStep, type StepResult } from '../step.js';
import { AcceptedWriter } from './accepted.js';
import { readInteractions } from './read-interactions.js';
import type { TakenSnapshot } from './snapshot.js';

/** Goes up when the same snapshot would lead to other interactions. */
const VERSION = 1;

export interface ReadLogSummary {
  readonly [name: string]: number;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  /** Records that the service would send to the dead letters. */
  readonly refused: number;
  /** Well-formed ones that are in no sequence: repeats, hidden or ignored kinds, erased users. */
  readonly leftOut: number;
}

/** Where the accepted interactions lie as Parquet. */
export function interactionsFolder(dir: string): string {
  return join(dir, 'dataset', 'interactions');
}

/** @param force reads again what is there */
export async function readLog(
  context: OfflineContext,
  { snapshot, fingerprint }: TakenSnapshot,
  { force, memoryMb }: { readonly force: boolean; readonly memoryMb: number },
): Promise<StepResult<ReadLogSummary>> {
  const { config, print } = context;
  const { interactions, profiles } = config.topics;
  const { kinds } = config.reducer;
  const of = { [interactions]: snapshot[interactions] ?? [], [profiles]: snapshot[profiles] ?? [] };
  const step = {
    name: 'interactions',
    folder: interactionsFolder(context.dir),
    inputs: { version: VERSION, kinds, snapshot: of, fingerprint },
    run: async (folder: string): Promise<ReadLogSummary> => {
      await using database = await openDuckDb({ memoryMb, spill: join(folder, 'spill') });
      const writer = await AcceptedWriter.open(database.connection, folder);
      const { refused, leftOut } = await readInteractions(context, snapshot, writer);
      return { ...(await writer.finish()), refused, leftOut };
    },
  };
  return runStep(step, { force, print });
}
