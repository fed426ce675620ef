/** The ranking step: ranking.json, and the same as a table; over several runs, their mean and spread. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chunkStep } from '../../src/recommend/window.js';
import type { SplitKind } from '../dataset/split.js';
import { writeFileAtomic } from '../files.js';
import { requireStep, stepFolder } from '../step-files.js';
import { runStep, type StepResult } from '../step.js';
import { loadTrained, type TrainSummary } from '../train/run-train.js';
import type { TrainingContext } from '../training-context.js';
import { measureChunks } from './chunks.js';
import { measureRanking } from './measure.js';
import { rankingText, type RankingTable } from './table.js';

export interface RankingParameters {
  readonly split: SplitKind;
  /** Folders of further runs in which the step is done. */
  readonly runs: readonly string[];
  /** Items by which the start of a served window moves; the service's own unless given. */
  readonly chunkSteps: readonly number[];
  readonly force?: boolean;
}

export type RankingSummary = { readonly ndcg: number };

const FILE = 'ranking.json';

export async function runRanking(
  { dir, print, runtime }: TrainingContext,
  { split: kind, runs, chunkSteps, force = false }: RankingParameters,
): Promise<StepResult<RankingSummary>> {
  await Promise.all(runs.map((run) => requireStep(run, 'ranking', kind)));
  const train = await requireStep<TrainSummary>(dir, 'train', kind);
  const steps = chunkSteps.length > 0 ? [...chunkSteps] : [chunkStep(train.summary.shape.window)];
  const step = {
    name: 'ranking',
    folder: stepFolder(dir, 'ranking', kind),
    inputs: { train: train.hash, engine: runtime.name, chunkSteps: steps },
    run: async (folder: string): Promise<RankingSummary> => {
      const trained = await loadTrained(dir, kind);
      const table: RankingTable = { split: kind, rows: measureRanking(trained), chunks: measureChunks(trained, steps) };
      await writeFileAtomic(join(folder, FILE), `${JSON.stringify(table, null, 1)}\n`);
      return { ndcg: table.rows[0]?.metrics.ndcg ?? 0 };
    },
  };
  const result = await runStep(step, { force, print });
  print(rankingText(await Promise.all([dir, ...runs].map((run) => readTable(run, kind)))));
  return result;
}

const readTable = async (dir: string, kind: SplitKind): Promise<RankingTable> =>
  JSON.parse(await readFile(join(stepFolder(dir, 'ranking', kind), FILE), 'utf8')) as RankingTable;
