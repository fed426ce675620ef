/** The pareto step: every dictionary of the sae step, measured: pareto.json, pareto.csv and pareto.md. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RankingMetrics } from '../../src/checkpoint/manifest.js';
import { disposeTensors } from '../../src/model/weights.js';
import { createProgress } from '../../src/terminal/progress.js';
import { breathe } from '../context.js';
import type { SplitKind } from '../dataset/split.js';
import { casesOf, rankCases } from '../evaluate/cases.js';
import { rankingMetrics } from '../evaluate/ranking-metrics.js';
import { writeFileAtomic } from '../files.js';
import { type SaeSummary, withDictionary } from '../sae/run-sae.js';
import { readIfPresent, requireStep, stepFolder } from '../step-files.js';
import { runStep, type StepResult } from '../step.js';
import { loadTrained } from '../train/run-train.js';
import type { TrainingContext } from '../training-context.js';
import { measureDictionary } from './measure.js';
import { paretoCsv, type ParetoRow, paretoTable, type ParetoTable, paretoText } from './table.js';

export interface ParetoParameters {
  readonly split: SplitKind;
  readonly force?: boolean;
}

export type ParetoSummary = { readonly dictionaries: number };

/** Rows measured so far: an interrupted step goes on from them. */
const MEASURED = 'measured.json';

export async function runPareto(
  context: TrainingContext,
  { split: kind, force = false }: ParetoParameters,
): Promise<StepResult<ParetoSummary>> {
  const { dir, print, runtime } = context;
  const sae = await requireStep<SaeSummary>(dir, 'sae', kind);
  const step = {
    name: 'pareto',
    folder: stepFolder(dir, 'pareto', kind),
    inputs: { sae: sae.hash, engine: runtime.name },
    run: async (folder: string): Promise<ParetoSummary> => {
      const { model, rows } = await measureAll(context, kind, sae.summary, folder);
      const table = paretoTable(kind, model, rows);
      await writeFileAtomic(join(folder, 'pareto.json'), `${JSON.stringify(table, null, 1)}\n`);
      await writeFileAtomic(join(folder, 'pareto.csv'), paretoCsv(table));
      await writeFileAtomic(join(folder, 'pareto.md'), `${paretoText(table)}\n`);
      return { dictionaries: rows.length };
    },
  };
  const result = await runStep(step, { force, print });
  const table = JSON.parse(await readFile(join(step.folder, 'pareto.json'), 'utf8')) as ParetoTable;
  print(paretoText(table));
  return result;
}

async function measureAll(
  { dir, signal }: TrainingContext,
  kind: SplitKind,
  { dictionaries }: SaeSummary,
  folder: string,
): Promise<{ model: RankingMetrics; rows: ParetoRow[] }> {
  const trained = await loadTrained(dir, kind);
  const { split, model, shape } = trained;
  const cases = casesOf(split.test);
  const lists = rankCases(model, cases, { window: shape.window, k: 10 });
  const bytes = await readIfPresent(join(folder, MEASURED));
  const rows = bytes === undefined ? [] : (JSON.parse(bytes.toString()) as ParetoRow[]);
  const progress = createProgress({ label: 'pareto', total: dictionaries.length, unit: 'dictionaries' });
  for (const { settings } of dictionaries.slice(rows.length)) {
    await breathe(signal);
    const loaded = await withDictionary(trained, dir, kind, settings.name);
    try {
      rows.push(measureDictionary(loaded, settings));
    } finally {
      disposeTensors(loaded.model.sae.weights);
    }
    await writeFileAtomic(join(folder, MEASURED), `${JSON.stringify(rows)}\n`);
    progress.tick(rows.length, settings.name);
  }
  progress.end();
  return { model: rankingMetrics(lists, cases, split.items.length), rows };
}
