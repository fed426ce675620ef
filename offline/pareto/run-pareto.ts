/** The pareto step: every dictionary of the sae step, measured: pareto.json, pareto.csv and pareto.md. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { disposeTensors } from '../../src/model/weights.js';
import { createProgress } from '../../src/terminal/progress.js';
import type { SplitKind } from '../dataset/split.js';
import { casesOf, rankCases } from '../evaluate/cases.js';
import { untrainedFloor } from '../evaluate/floor.js';
import { PART_VERSIONS, Parts } from '../evaluate/parts.js';
import { rankingMetrics } from '../evaluate/ranking-metrics.js';
import { writeFileAtomic } from '../files.js';
import { type DictionaryEntry, type SaeSummary, withDictionary } from '../sae/run-sae.js';
import { requireStep, stepFolder } from '../step-files.js';
import { runStep, type StepResult } from '../step.js';
import { loadTrained, type LoadedTraining } from '../train/run-train.js';
import type { TrainingContext } from '../training-context.js';
import { measureDictionary } from './measure.js';
import { neuronCorrelation, placeName, TestActivations } from './places.js';
import { type Measured, paretoCsv, type ParetoRow, paretoTable, type ParetoTable, paretoText } from './table.js';

/** Goes up when the same measurements would make another table. */
const VERSION = 2;

export interface ParetoParameters {
  readonly split: SplitKind;
  readonly force?: boolean;
}

export type ParetoSummary = { readonly dictionaries: number };

export async function runPareto(
  context: TrainingContext,
  { split: kind, force = false }: ParetoParameters,
): Promise<StepResult<ParetoSummary>> {
  const { dir, print, runtime } = context;
  const sae = await requireStep<SaeSummary>(dir, 'sae', kind);
  const train = await requireStep(dir, 'train', kind);
  const step = {
    name: 'pareto',
    folder: stepFolder(dir, 'pareto', kind),
    inputs: { version: VERSION, sae: sae.hash, engine: runtime.name, versions: PART_VERSIONS },
    run: async (folder: string): Promise<ParetoSummary> => {
      // None, where the dictionary was trained elsewhere.
      const { steps = 0 } = sae.inputs as { readonly steps?: number };
      const table = await measureAll(context, { kind, force, train: train.hash, steps }, sae.summary);
      await writeFileAtomic(join(folder, 'pareto.json'), `${JSON.stringify(table, null, 1)}\n`);
      await writeFileAtomic(join(folder, 'pareto.csv'), paretoCsv(table));
      await writeFileAtomic(join(folder, 'pareto.md'), `${paretoText(table)}\n`);
      return { dictionaries: table.rows.length };
    },
  };
  const result = await runStep(step, { force, print });
  const table = JSON.parse(await readFile(join(step.folder, 'pareto.json'), 'utf8')) as ParetoTable;
  print(paretoText(table));
  return result;
}

interface Asked {
  readonly kind: SplitKind;
  readonly force: boolean;
  /** Hash of the step that trained the model. */
  readonly train: string;
  /** Of the dictionaries' training. */
  readonly steps: number;
}

async function measureAll(
  { dir, signal, runtime }: TrainingContext,
  { kind, force, train, steps }: Asked,
  { dictionaries }: SaeSummary,
): Promise<ParetoTable> {
  const trained = await loadTrained(dir, kind);
  const sets = new TestActivations(trained);
  const progress = createProgress({ label: 'pareto', total: dictionaries.length, unit: 'dictionaries' });
  let done = 0;
  const parts = new Parts(PART_VERSIONS, {
    folder: stepFolder(dir, 'pareto-parts', kind),
    force,
    signal,
    report: (part) => progress.tick(done, part),
  });
  const rows: ParetoRow[] = [];
  for (const entry of dictionaries) {
    const { settings, origin } = entry;
    const { place, features, seed } = settings;
    const where = placeName(place);
    const at = { train, engine: runtime.name, place };
    const neurons = await parts.measure('neurons', where, at, () => neuronCorrelation(trained, sets.at(place)));
    const floor = await parts.measure('floor', `${features} ${where} seed ${seed}`, { ...at, features, seed }, () =>
      untrainedFloor(trained.split, sets.at(place), { features, seed }),
    );
    const loaded = await withDictionary(trained, dir, kind, settings.name);
    try {
      const measured = await parts.measure('dictionary', origin.slice(0, 16), { origin, engine: runtime.name }, () =>
        measureDictionary(loaded, sets.at(place)),
      );
      rows.push(rowOf(entry, measured, { steps, neurons, untrained: floor.meanCorrelation }));
    } finally {
      disposeTensors(loaded.model.sae.weights);
    }
    progress.tick(++done, settings.name);
  }
  progress.end();
  return paretoTable({ split: kind, train, model: unspliced(trained) }, rows);
}

function unspliced({ model, shape, split }: LoadedTraining): ParetoTable['model'] {
  const cases = casesOf(split.test);
  return rankingMetrics(rankCases(model, cases, { window: shape.window, k: 10 }), cases, split.items.length);
}

function rowOf(
  { settings, origin }: DictionaryEntry,
  measured: Measured,
  beside: Pick<ParetoRow, 'steps' | 'neurons' | 'untrained'>,
): ParetoRow {
  const { name, sparsity, features, place, seed } = settings;
  return {
    name,
    kind: sparsity.kind === 'l1' && sparsity.loss === 'squared' ? 'l1-squared' : sparsity.kind,
    sparsity: sparsity.kind === 'l1' ? sparsity.l1 : sparsity.k,
    features,
    ...place,
    seed,
    ...measured,
    ...beside,
    origin,
  };
}
