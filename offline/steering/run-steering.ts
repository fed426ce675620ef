/** The steering step: every method on every attribute, as steering.json and steering.md. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createProgress } from '../../src/terminal/progress.js';
import { UserError } from '../../src/terminal/user-error.js';
import type { Candidate } from '../calibrate/calibration.js';
import { candidatesFor } from '../calibrate/candidates.js';
import { breathe } from '../context.js';
import { loadSplit, type Split, type SplitKind } from '../dataset/split.js';
import { requireAttributes } from '../evaluate/asked-attributes.js';
import { casesOf, type TestCase } from '../evaluate/cases.js';
import { differenceOfMeans } from '../evaluate/probes.js';
import { SweepBench } from '../evaluate/sweep.js';
import { writeFileAtomic } from '../files.js';
import { type ActivationSet, readActivations } from '../sae/activation-set.js';
import { dictionaryEntry, loadDictionary, type LoadedDictionary } from '../sae/run-sae.js';
import { readIfPresent, requireStep, stepFolder } from '../step-files.js';
import { runStep, type StepResult } from '../step.js';
import type { TrainingContext } from '../training-context.js';
import { type AttributeComparison, compareMethods, type Panel } from './compare.js';
import { disposeLearning, drawCases, everyCase, learnDirections, type LearningPart, readLearning } from './learn.js';
import { type Known, LEARNED, TUNED } from './methods.js';
import { comparisonText, type SteeringComparison } from './report.js';

export interface SteeringParameters {
  readonly split: SplitKind;
  /** Compared; empty: all that enough items bear. */
  readonly attributes: readonly string[];
  /** Share of NDCG that may be lost. */
  readonly budget: number;
  /** Cases of each attribute, and of all, that directions are learned from. */
  readonly cases: number;
  readonly minItems: number;
  readonly seed: number;
  readonly force?: boolean;
}

export const STEERING_DEFAULTS = { attributes: [], budget: 0.1, cases: 1500, minItems: 10, seed: 42 } as const;

export type SteeringSummary = { readonly attributes: number };

/** Attributes compared so far: an interrupted step goes on from them. */
const MEASURED = 'measured.json';

export async function runSteering(
  context: TrainingContext,
  parameters: SteeringParameters,
): Promise<StepResult<SteeringSummary>> {
  const { dir, print, runtime } = context;
  const { split: kind, force = false, ...settings } = parameters;
  const sae = await requireStep(dir, 'sae', kind);
  const { name: dictionary, place } = (await dictionaryEntry(dir, kind)).settings;
  if (place.layer !== 1 || place.site !== 'block') {
    throw new UserError('methods are compared with an SAE after block 1: run `sae --layer 1 --site block` first');
  }
  // Before the step begins, which empties the folder of other parameters: a mistake must not cost finished results.
  requireAttributes(await loadSplit(stepFolder(dir, 'dataset', kind)), settings.attributes);
  const step = {
    name: 'steering',
    folder: stepFolder(dir, 'steering', kind),
    inputs: {
      sae: sae.hash,
      dictionary,
      engine: runtime.name,
      learned: LEARNED,
      tuned: TUNED.map((one) => ({ ...one })),
      ...settings,
      attributes: [...settings.attributes],
    },
    run: async (folder: string): Promise<SteeringSummary> => {
      const comparison = await compareAll(context, parameters, folder);
      await writeFileAtomic(join(folder, 'steering.json'), `${JSON.stringify(comparison, null, 1)}\n`);
      await writeFileAtomic(join(folder, 'steering.md'), `${comparisonText(comparison)}\n`);
      return { attributes: comparison.attributes.length };
    },
  };
  const result = await runStep(step, { force, print });
  print((await readFile(join(step.folder, 'steering.md'), 'utf8')).trimEnd());
  return result;
}

async function compareAll(
  { dir, signal, print }: TrainingContext,
  parameters: SteeringParameters,
  folder: string,
): Promise<SteeringComparison> {
  const loaded = await loadDictionary(dir, parameters.split);
  const { split, shape, model } = loaded;
  // Users that GPTRec never saw where the split has such: a quarter of them teach, a quarter choose, half of them judge
  // beside the test users. Directions fit those that they were learned from better than others.
  const unseen = parameters.split === 'paper' ? split.sae : split.validation;
  const quarters = Map.groupBy(casesOf(unseen), ({ user }) => quarterOf(unseen.users[user] ?? ''));
  const [teaching = [], choosing = [], ...others] = [0, 2, 1, 3].map((quarter) => quarters.get(quarter));
  const judging = [...others.flatMap((cases) => cases ?? []), ...casesOf(split.test)];
  const pool = everyCase(teaching);
  const chosen = attributesOf(split, [pool, choosing, judging], parameters, print);
  if (chosen.length === 0) {
    throw new UserError('too few users to compare methods on: some have to teach, others to choose, others to judge');
  }
  const panel = (cases: readonly TestCase[]): Panel => ({
    cases,
    bench: new SweepBench(model, cases, { window: shape.window, items: split.items.length }),
  });
  const [chooser, judge] = [panel(choosing), panel(judging)];
  const anyone = readLearning(model, drawCases(pool, parameters.cases, parameters.seed), shape.window);
  const set = readActivations(model, split.sae, { window: shape.window, ...loaded.saeShape });
  const bytes = await readIfPresent(join(folder, MEASURED));
  const measured = bytes === undefined ? [] : (JSON.parse(bytes.toString()) as AttributeComparison[]);
  const progress = createProgress({ label: 'steering', total: chosen.length, unit: 'attributes' });
  try {
    const candidates = candidatesFor(chosen.slice(measured.length), set, model.sae);
    for (const candidate of candidates) {
      await breathe(signal);
      const known = know(loaded, set, candidate, pool, anyone, parameters);
      measured.push(compareMethods(candidate.attribute, known, chooser, judge, parameters));
      await writeFileAtomic(join(folder, MEASURED), `${JSON.stringify(measured)}\n`);
      progress.tick(measured.length, candidate.attribute);
    }
    progress.end();
  } finally {
    disposeLearning(anyone);
    chooser.bench.close();
    judge.bench.close();
  }
  const { split: kind, budget } = parameters;
  return { split: kind, budget, chosenOn: choosing.length, judgedOn: judging.length, attributes: measured };
}

/** The same users in every run: a hash of the id decides. */
const quarterOf = (user: string): number => (createHash('sha256').update(user).digest()[0] ?? 0) % 4;

type Attribute = Pick<Candidate, 'attribute' | 'items'>;

/** Those that were asked for, else those that enough items bear; without those that a part of the users has no case of. */
function attributesOf(
  { attributeNames, attributeItems }: Split,
  parts: readonly (readonly TestCase[])[],
  { attributes, minItems }: SteeringParameters,
  print: (line: string) => void,
): readonly Attribute[] {
  const taken = parts.map((cases) => new Set(cases.map(({ target }) => target)));
  const all = attributeNames.map((attribute, a) => ({ attribute, items: attributeItems[a] ?? new Int32Array() }));
  const wanted = all.filter(({ attribute, items }) =>
    attributes.length > 0 ? attributes.includes(attribute) : items.length >= minItems,
  );
  const hasCases = ({ items }: Attribute): boolean => taken.every((targets) => items.some((item) => targets.has(item)));
  const leftOut = wanted.filter((one) => !hasCases(one));
  if (leftOut.length > 0) {
    const names = leftOut.map(({ attribute }) => attribute).join(', ');
    print(`steering: left out, since no user who teaches, or chooses, or judges took an item that bears it: ${names}`);
  }
  return wanted.filter(hasCases);
}

function know(
  { model, split, shape, saeShape }: LoadedDictionary,
  set: ActivationSet,
  { items, feature, scale }: Candidate,
  pool: readonly TestCase[],
  others: readonly LearningPart[],
  { cases, seed }: SteeringParameters,
): Known {
  const bearing = new Set(items);
  const bearers = Float32Array.from({ length: split.items.length }, (_, item) => (bearing.has(item) ? 1 : 0));
  const own = readLearning(
    model,
    drawCases(
      pool.filter(({ target }) => bearing.has(target)),
      cases,
      seed,
    ),
    shape.window,
  );
  try {
    const learn = (method: keyof typeof LEARNED, blocks?: readonly number[]): Float32Array[] =>
      learnDirections(model, own, others, bearers, LEARNED[method], blocks);
    return {
      items,
      layer: saeShape.layer,
      feature,
      scale,
      means: Float32Array.from(differenceOfMeans(set, items) ?? new Float64Array(set.width)),
      learned: { last: learn('last', [shape.layers]), directions: learn('directions'), hybrid: learn('hybrid') },
    };
  } finally {
    disposeLearning(own);
  }
}
