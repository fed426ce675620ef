/** The evaluate step: report.json, and the same as report.md. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RankingMetrics } from '../../src/checkpoint/manifest.js';
import { loadSteering } from '../../src/model/weights.js';
import type { CalibrateSummary } from '../calibrate/run-calibrate.js';
import { loadCalibration } from '../calibrate/stored.js';
import { loadSplit, type Split, type SplitKind } from '../dataset/split.js';
import { writeFileAtomic } from '../files.js';
import { createProgress } from '../../src/terminal/progress.js';
import { dictionaryEntry, loadDictionary } from '../sae/run-sae.js';
import { requireStep, stepFolder } from '../step-files.js';
import { runStep, type StepResult } from '../step.js';
import type { TrainingContext } from '../training-context.js';
import { requireAttributes } from './asked-attributes.js';
import { evaluate } from './evaluation.js';
import { PART_VERSIONS, Parts } from './parts.js';
import { reportText } from './report.js';
import type { EvaluationReport } from './results.js';

export interface EvaluateParameters {
  readonly split: SplitKind;
  readonly strengths: readonly number[];
  /** Steered along the strengths and looked at closely; empty: the five borne by most items. */
  readonly attributes: readonly string[];
  /** Measures nothing but what is published: no floors, portraits, probes, lists. */
  readonly brief: boolean;
  readonly force?: boolean;
}

/** The paper's sweep. */
export const EVALUATE_DEFAULTS = {
  strengths: [-10, -9, -8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  attributes: [],
  brief: false,
} as const;

export interface EvaluateSummary {
  readonly [name: string]: Readonly<Record<string, number>>;
  readonly model: RankingMetrics & Readonly<Record<string, number>>;
  readonly popularity: RankingMetrics & Readonly<Record<string, number>>;
}

export async function runEvaluate(
  context: TrainingContext,
  parameters: EvaluateParameters,
): Promise<StepResult<EvaluateSummary>> {
  const { dir, print, runtime, signal } = context;
  const { split: kind, force = false, strengths, attributes, brief } = parameters;
  const calibrate = await requireStep<CalibrateSummary>(dir, 'calibrate', kind);
  const folder = stepFolder(dir, 'evaluate', kind);
  // Before the step begins, which empties the folder of other parameters: a mistake must not cost finished results.
  const chosen = chosenAttributes(await loadSplit(stepFolder(dir, 'dataset', kind)), attributes);
  const inputs = {
    calibrate: calibrate.hash,
    engine: runtime.name,
    strengths: [...strengths],
    attributes: chosen,
    brief,
    versions: PART_VERSIONS,
  };
  const step = {
    name: 'evaluate',
    folder,
    inputs,
    run: async (): Promise<EvaluateSummary> => {
      const dictionary = await loadDictionary(dir, kind, calibrate.summary.dictionary);
      const { map, shape, weights } = await loadCalibration(dir, kind);
      const steering = loadSteering(shape, dictionary.shape, weights);
      const loaded = { ...dictionary, model: { ...dictionary.model, steering } };
      const { settings: own, origin } = await dictionaryEntry(dir, kind, loaded.name);
      const settings = { ...inputs, dictionary: { origin, engine: runtime.name }, seed: own.seed };
      const progress = createProgress({ label: 'evaluate', unit: 'parts' });
      let done = 0;
      const parts = new Parts(PART_VERSIONS, {
        folder: stepFolder(dir, 'evaluate-parts', kind),
        force,
        signal,
        report: (part) => progress.tick(done++, part),
      });
      const report = await evaluate(loaded, map, settings, parts);
      progress.tick(done);
      progress.end();
      await writeFileAtomic(join(folder, 'report.json'), `${JSON.stringify(report, null, 1)}\n`);
      await writeFileAtomic(join(folder, 'report.md'), `${reportText(report)}\n`);
      return { model: metricsOf(report, 'GPTRec'), popularity: metricsOf(report, 'most popular') };
    },
  };
  const result = await runStep(step, { force, print });
  print(reportText(await loadReport(dir, kind)));
  return result;
}

export async function loadReport(dir: string, kind: SplitKind): Promise<EvaluationReport> {
  return JSON.parse(await readFile(join(stepFolder(dir, 'evaluate', kind), 'report.json'), 'utf8')) as EvaluationReport;
}

function metricsOf({ ranking }: EvaluationReport, wanted: string): RankingMetrics & Readonly<Record<string, number>> {
  const found = ranking.find(({ name, users }) => name === wanted && users === 'test');
  if (found === undefined) throw new Error(`${wanted} was not measured`);
  const { ndcg, hitRate, coverage, users } = found.metrics;
  return { ndcg, hitRate, coverage, users };
}

/** Those that were asked for, else the five attributes borne by most items. */
function chosenAttributes(split: Split, asked: readonly string[]): readonly string[] {
  requireAttributes(split, asked);
  if (asked.length > 0) return asked;
  const { attributeNames, attributeItems } = split;
  const size = (name: string): number => attributeItems[attributeNames.indexOf(name)]?.length ?? 0;
  return attributeNames.toSorted((a, b) => size(b) - size(a)).slice(0, 5);
}
