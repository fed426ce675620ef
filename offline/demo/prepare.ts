/** The offline part of the demo: from a source of events to a published checkpoint. Done once for each source and plan. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointStore } from '../../src/ports/checkpoint-store.js';
import { CALIBRATE_DEFAULTS, runCalibrate } from '../calibrate/run-calibrate.js';
import type { OfflineContext } from '../context.js';
import { runDataset } from '../dataset/run-dataset.js';
import { loadSplit } from '../dataset/split.js';
import { runEvaluate } from '../evaluate/run-evaluate.js';
import { writeFileAtomic } from '../files.js';
import { runImportMovieLens, runImportSynthetic } from '../import/run-import.js';
import { runPublish } from '../publish/run-publish.js';
import { dictionariesOf, PAPER_GRID } from '../sae/grid.js';
import { DEAD_AFTER } from '../sae/revival.js';
import { runSae, type SaeParameters } from '../sae/run-sae.js';
import { stepFolder } from '../step-files.js';
import { readStep, runStep } from '../step.js';
import { runTrain } from '../train/run-train.js';
import type { TrainingContext } from '../training-context.js';
import { announcePlan, type ChosenPlan, choosePlan, PAPER_PLAN, type Plan, SYNTHETIC_PLAN } from './plans.js';
import { measureEpoch } from './speed.js';

export interface DemoSource {
  /** Folder of MovieLens; undefined: the synthetic log. */
  readonly movielens?: string | undefined;
  readonly budgetMinutes: number;
  /** The paper's protocol, whatever it takes. */
  readonly paper: boolean;
}

export interface Prepared {
  readonly sequence: number;
  readonly ndcg: number;
  readonly ndcgPopularity: number;
}

type PreparedRecord = Prepared & Readonly<Record<string, number>>;

const NOT_LEARNED =
  'calibrate: features and score terms only; directions are learned for each attribute, which takes longer than a demo ' +
  'may (--paper does it, and so does `npm run offline -- calibrate`)';

const SPLIT = 'paper';
const SEED = 42;

export async function prepare(
  context: OfflineContext & TrainingContext,
  store: CheckpointStore,
  source: DemoSource,
): Promise<Prepared> {
  const { movielens, budgetMinutes, paper } = source;
  const step = {
    name: 'demo',
    folder: join(context.dir, 'demo'),
    inputs: { movielens: movielens ?? null, budgetMinutes, paper, engine: context.runtime.name },
    run: (): Promise<PreparedRecord> => fromEventsToCheckpoint(context, store, source),
  };
  const done = await readStep<Prepared>(step.folder);
  const isGone = done !== undefined && !(await store.list()).includes(done.summary.sequence);
  const { summary } = await runStep(step, { force: isGone, print: context.print });
  return summary;
}

async function fromEventsToCheckpoint(
  context: OfflineContext & TrainingContext,
  store: CheckpointStore,
  source: DemoSource,
): Promise<PreparedRecord> {
  if (source.movielens === undefined) await runImportSynthetic(context);
  else await runImportMovieLens(context, source.movielens);
  await runDataset(context, { split: SPLIT, seed: SEED });
  const { plan, epochs } = await planFor(context, source);
  await runTrain(context, { split: SPLIT, seed: SEED, ...plan.train, epochs });
  await runSae(context, { split: SPLIT, ...saeParameters(plan) });
  // What is learned for every attribute takes longer than the rest of a demo together.
  const learnSteps = source.paper ? CALIBRATE_DEFAULTS.learnSteps : 0;
  if (learnSteps === 0) context.print(NOT_LEARNED);
  await runCalibrate(context, { split: SPLIT, ...CALIBRATE_DEFAULTS, ...plan.calibrate, learnSteps });
  const evaluated = await runEvaluate(context, {
    ...{ split: SPLIT, attributes: [], brief: true },
    strengths: [-5, -2, 0, 2, 5],
  });
  const published = await runPublish(context, store, { split: SPLIT });
  const { model, popularity } = evaluated.summary;
  return { sequence: published.summary.sequence, ndcg: model.ndcg, ndcgPopularity: popularity.ndcg };
}

/** The paper's kind of dictionary, at the plan's size. */
function saeParameters({ sae }: Plan): Omit<SaeParameters, 'split'> {
  const { features, l1, loss, layer, ...schedule } = sae;
  const grid = { ...PAPER_GRID, features: [features], l1: [l1], loss, layer: [layer], seed: [SEED] };
  return { ...schedule, deadAfter: DEAD_AFTER, dictionaries: dictionariesOf(grid) };
}

/** The plan, announced with what it gives up. */
async function planFor(
  context: OfflineContext & TrainingContext,
  source: DemoSource,
): Promise<Pick<ChosenPlan, 'plan' | 'epochs'>> {
  const { dir, print, runtime } = context;
  if (source.paper) return { plan: PAPER_PLAN, epochs: PAPER_PLAN.train.epochs };
  if (source.movielens === undefined) return { plan: SYNTHETIC_PLAN, epochs: SYNTHETIC_PLAN.train.epochs };
  // A plan chosen before an interruption stands: its steps resume only as they were.
  const file = join(dir, 'demo', 'plan.json');
  const chosen = (await readPlan(file)) ?? choose(await loadSplit(stepFolder(dir, 'dataset', SPLIT)), source);
  await writePlan(file, chosen);
  print(announcePlan(chosen, source.budgetMinutes, runtime.description));
  return chosen;
}

const choose = (split: Parameters<typeof measureEpoch>[0], { budgetMinutes }: DemoSource): ChosenPlan =>
  choosePlan(budgetMinutes * 60, (plan: Plan) => measureEpoch(split, plan));

async function readPlan(file: string): Promise<ChosenPlan | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as ChosenPlan);
}

const writePlan = (file: string, plan: ChosenPlan): Promise<void> => writeFileAtomic(file, `${JSON.stringify(plan)}\n`);
