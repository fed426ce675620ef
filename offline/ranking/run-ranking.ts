/** The ranking step: ranking.json, and the same as a table; over several runs, their mean and spread. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SplitKind } from '../dataset/split.js';
import { writeFileAtomic } from '../files.js';
import { requireStep, stepFolder } from '../step-files.js';
import { runStep, type StepResult } from '../step.js';
import { loadTrained } from '../train/run-train.js';
import type { TrainingContext } from '../training-context.js';
import { measureRanking } from './measure.js';
import { rankingText, type RankingTable } from './table.js';

export interface RankingParameters {
  readonly split: SplitKind;
  /** Folders of further runs in which the step is done. */
  readonly runs: readonly string[];
  readonly force?: boolean;
}

export type RankingSummary = { readonly ndcg: number };

const FILE = 'ranking.json';

export async function runRanking(
  { dir, print, runtime }: TrainingContext,
  { split: kind, runs, force = false }: RankingParameters,
): Promise<StepResult<RankingSummary>> {
  await Promise.all(runs.map((run) => requireStep(run, 'ranking', kind)));
  const train = await requireStep(dir, 'train', kind);
  const step = {
    name: 'ranking',
    folder: stepFolder(dir, 'ranking', kind),
    inputs: { train: train.hash, engine: runtime.name },
    run: async (folder: string): Promise<RankingSummary> => {
      const rows = measureRanking(await loadTrained(dir, kind));
      const table: RankingTable = { split: kind, rows };
      await writeFileAtomic(join(folder, FILE), `${JSON.stringify(table, null, 1)}\n`);
      return { ndcg: rows[0]?.metrics.ndcg ?? 0 };
    },
  };
  const result = await runStep(step, { force, print });
  print(rankingText(await Promise.all([dir, ...runs].map((run) => readTable(run, kind)))));
  return result;
}

const readTable = async (dir: string, kind: SplitKind): Promise<RankingTable> =>
  JSON.parse(await readFile(join(stepFolder(dir, 'ranking', kind), FILE), 'utf8')) as RankingTable;
