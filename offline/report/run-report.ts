/** The report step: index.html, the same numbers as report.json, tables/*.csv and figures/*.svg. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '../../src/terminal/user-error.js';
import type { OfflineContext } from '../context.js';
import type { SplitKind } from '../dataset/split.js';
import { loadReport } from '../evaluate/run-evaluate.js';
import { writeFileAtomic } from '../files.js';
import type { ParetoTable } from '../pareto/table.js';
import { requireStep, stepFolder } from '../step-files.js';
import { readStep, runStep, type StepResult } from '../step.js';
import type { SteeringComparison } from '../steering/report.js';
import type { Figure } from './figure.js';
import { pageHtml } from './page.js';
import type { DictionaryRun, ReportData } from './report-data.js';
import { openPlots } from './svg.js';
import { TABLES, tableCsv } from './tables.js';

/** Goes up when the same figures would make another page. */
const VERSION = 3;

export interface ReportParameters {
  readonly split: SplitKind;
  /** Folders of further runs: their dictionaries join the curves, those that differ in nothing but the seed as one point. */
  readonly runs: readonly string[];
  readonly force?: boolean;
}

export type ReportSummary = { readonly page: string };

export async function runReport(
  { dir, print }: Pick<OfflineContext, 'dir' | 'print'>,
  { split: kind, runs: others, force = false }: ReportParameters,
): Promise<StepResult<ReportSummary>> {
  const evaluated = await requireStep(dir, 'evaluate', kind);
  const own = await readStep(stepFolder(dir, 'pareto', kind));
  const further = await Promise.all(others.map((run) => requireStep(run, 'pareto', kind)));
  const compared = await finished(dir, kind, ['steering', 'concepts']);
  const folder = stepFolder(dir, 'report', kind);
  const { details, ...evaluation } = await loadReport(dir, kind);
  if (details === undefined)
    throw new UserError('the evaluation was brief: run `npm run offline -- evaluate` without --brief, then report');
  const step = {
    name: 'report',
    folder,
    inputs: {
      version: VERSION,
      evaluate: evaluated.hash,
      pareto: own?.hash ?? null,
      runs: further.map(({ hash }) => hash),
      compared: compared.map(({ hash }) => hash),
    },
    run: async (): Promise<ReportSummary> => {
      const runs = own === undefined ? others : [dir, ...others];
      const data = {
        evaluation: { ...evaluation, details },
        runs: await readRuns(runs, kind),
        comparisons: await Promise.all(compared.map(({ step }) => readComparison(dir, kind, step))),
      };
      await write(folder, data);
      return { page: join(folder, 'index.html') };
    },
  };
  const result = await runStep(step, { force, print });
  print(`report: ${resolve(result.summary.page)}`);
  return result;
}

const readRuns = (folders: readonly string[], kind: SplitKind): Promise<DictionaryRun[]> =>
  Promise.all(
    folders.map(async (run) => {
      const text = await readFile(join(stepFolder(run, 'pareto', kind), 'pareto.json'), 'utf8');
      return { run, table: JSON.parse(text) as ParetoTable };
    }),
  );

type Comparing = 'steering' | 'concepts';

/** Those of the steps that are done. */
async function finished(
  dir: string,
  kind: SplitKind,
  steps: readonly Comparing[],
): Promise<{ readonly step: Comparing; readonly hash: string }[]> {
  const records = await Promise.all(
    steps.map(async (step) => ({ step, record: await readStep(stepFolder(dir, step, kind)) })),
  );
  return records.flatMap(({ step, record }) => (record ? [{ step, hash: record.hash }] : []));
}

const readComparison = async (dir: string, kind: SplitKind, step: Comparing): Promise<SteeringComparison> =>
  JSON.parse(await readFile(join(stepFolder(dir, step, kind), 'steering.json'), 'utf8')) as SteeringComparison;

async function write(folder: string, data: ReportData): Promise<void> {
  for (const make of TABLES) {
    const table = make(data);
    await writeFileAtomic(join(folder, 'tables', `${table.id}.csv`), tableCsv(table));
  }
  await writeFileAtomic(join(folder, 'report.json'), `${JSON.stringify(data, null, 1)}\n`);
  const plot = await openPlots();
  const draw = async (figure: Figure): Promise<string> => {
    const svg = await plot(figure);
    await writeFileAtomic(join(folder, 'figures', `${figure.id}.svg`), `${svg}\n`);
    return svg;
  };
  await writeFileAtomic(join(folder, 'index.html'), await pageHtml(data, draw));
}
