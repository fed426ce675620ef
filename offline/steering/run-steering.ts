/** The steering step: every method on every attribute, as steering.json and steering.md. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../canonical-json.js';
import { createProgress } from '../../src/terminal/progress.js';
import { UserError } from '../../src/terminal/user-error.js';
import { loadSplit, type SplitKind } from '../dataset/split.js';
import { requireAttributes } from '../evaluate/asked-attributes.js';
import { casesOf } from '../evaluate/cases.js';
import { Parts } from '../evaluate/parts.js';
import { writeFileAtomic } from '../files.js';
import {
  type DictionaryEntry,
  dictionaryEntry,
  type LoadedDictionary,
  loadDictionary,
  type SaeSummary,
  withDictionary,
} from '../sae/run-sae.js';
import { requireStep, stepFolder } from '../step-files.js';
import { runStep, type StepResult } from '../step.js';
import type { TrainingContext } from '../training-context.js';
import { type AttributeComparison, compareMethods } from './compare.js';
import { type AskedFor, attributesToCompare, type NamedAttribute } from './asked.js';
import { know } from './know.js';
import { drawCases } from '../methods/learning-cases.js';
import { LEARN_STEPS, learnedSettings, TEACHING_DEFAULTS } from '../methods/settings.js';
import { VARIANTS } from './methods.js';
import { comparisonText, meansByKind, type SteeringComparison } from './report.js';
import { type Roles, rolesOf } from './roles.js';
import { SteeringData } from './steering-data.js';

export interface SteeringParameters extends AskedFor {
  readonly split: SplitKind;
  /** Share of NDCG that may be lost. */
  readonly budget: number;
  /** Cases of each attribute, and of all, that directions are learned from. */
  readonly cases: number;
  /** Cases that adapters are taught by. */
  readonly lateCases: number;
  /** That directions are learned for. */
  readonly steps: number;
  /** Cases whose next item bears the attribute, that choose. */
  readonly wishes: number;
  /** Users who judge, at most. */
  readonly judges: number;
  readonly seed: number;
  readonly force?: boolean;
}

export const STEERING_DEFAULTS = {
  attributes: [],
  budget: 0.1,
  ...TEACHING_DEFAULTS,
  steps: LEARN_STEPS,
  wishes: 300,
  judges: 5000,
  minItems: 10,
  seed: 42,
} as const;

/** Goes up when the code would compare otherwise: attributes that were compared before are not compared again. */
const VERSIONS = { comparison: 1 } as const;

export type SteeringSummary = { readonly attributes: number };

export async function runSteering(
  context: TrainingContext,
  parameters: SteeringParameters,
): Promise<StepResult<SteeringSummary>> {
  const { dir, print, runtime } = context;
  const { split: kind, force = false, attributes, minItems: _, ...settings } = parameters;
  const sae = await requireStep<SaeSummary>(dir, 'sae', kind);
  const { name: dictionary, place } = (await dictionaryEntry(dir, kind)).settings;
  if (place.layer !== 1 || place.site !== 'block') {
    throw new UserError('methods are compared with an SAE after block 1: run `sae --layer 1 --site block` first');
  }
  const split = await loadSplit(stepFolder(dir, 'dataset', kind));
  requireAttributes(split, attributes);
  const dictionaries = oneEachBlock(sae.summary.dictionaries);
  const inputs = {
    sae: sae.hash,
    dictionaries: dictionaries.map(({ settings: { name } }) => name),
    engine: runtime.name,
    learned: inJson(learnedSettings(settings.steps)),
    variants: inJson(VARIANTS),
    ...settings,
  };
  const roles = rolesOf(split, settings.judges);
  const chosen = attributesToCompare(split, roles, parameters, print);
  if (chosen.length === 0) {
    throw new UserError('too few users to compare methods on: some have to teach, others to choose, others to judge');
  }
  const step = {
    name: 'steering',
    folder: stepFolder(dir, 'steering', kind),
    inputs: { ...inputs, dictionary, attributes: chosen.map(({ name }) => name) },
    run: async (folder: string): Promise<SteeringSummary> => {
      const compared = await compareAll(context, parameters, { roles, chosen, dictionaries, inputs });
      const comparison: SteeringComparison = {
        split: kind,
        budget: settings.budget,
        chosenOn: casesOf(roles.choosing).length,
        judgedOn: roles.judging.cases.length,
        kinds: meansByKind(compared, settings.seed),
        attributes: compared,
      };
      await writeFileAtomic(join(folder, 'steering.json'), `${JSON.stringify(comparison, null, 1)}\n`);
      await writeFileAtomic(join(folder, 'steering.md'), `${comparisonText(comparison)}\n`);
      return { attributes: compared.length };
    },
  };
  const result = await runStep(step, { force, print });
  print((await readFile(join(step.folder, 'steering.md'), 'utf8')).trimEnd());
  return result;
}

/** As it will be read back. */
const inJson = (value: object): Json => JSON.parse(JSON.stringify(value)) as Json;

/** The first dictionary of each block that has one. */
const oneEachBlock = (all: readonly DictionaryEntry[]): DictionaryEntry[] =>
  all
    .filter(({ settings: { place } }) => place.site === 'block')
    .filter(
      ({ settings: { place } }, i, blocks) => blocks.findIndex((one) => one.settings.place.layer === place.layer) === i,
    );

interface Work {
  readonly roles: Roles;
  readonly chosen: readonly NamedAttribute[];
  readonly dictionaries: readonly DictionaryEntry[];
  readonly inputs: Json;
}

/** Each attribute is a step of its own: one that was compared before with the same inputs is not compared again. */
async function compareAll(
  { dir, signal }: TrainingContext,
  { split: kind, force = false, ...settings }: SteeringParameters,
  { roles, chosen, dictionaries, inputs }: Work,
): Promise<AttributeComparison[]> {
  const loaded = await loadDictionary(dir, kind);
  const saes = await Promise.all(
    dictionaries.map(async ({ settings: { name } }) => (await withDictionary(loaded, dir, kind, name)).model.sae),
  );
  const data = new SteeringData(loaded, saes, roles, settings);
  const progress = createProgress({ label: 'steering', total: chosen.length, unit: 'attributes' });
  const folder = stepFolder(dir, 'steering-parts', kind);
  const parts = new Parts(VERSIONS, { folder, force, signal, report: () => undefined });
  const compared: AttributeComparison[] = [];
  try {
    for (const asked of chosen) {
      const compare = (): AttributeComparison => compareOne(loaded, data, roles, asked, settings);
      compared.push(await parts.measure('comparison', asked.name, inputs, compare));
      progress.tick(compared.length, asked.name);
    }
    progress.end();
    return compared;
  } finally {
    data.close();
  }
}

function compareOne(
  { model }: LoadedDictionary,
  data: SteeringData,
  { judging }: Roles,
  { name, attribute, items }: NamedAttribute,
  settings: Omit<SteeringParameters, 'split'>,
): AttributeComparison {
  const known = know(model, data, { attribute, items }, learnedSettings(settings.steps));
  const bears = new Set(items);
  const wished = data.wishes.filter(({ target }) => bears.has(target));
  const wishes = data.panel(drawCases(wished, settings.wishes, settings.seed));
  try {
    const { choosing, judging: judges } = data.panels;
    const panels = { loss: choosing, wishes };
    return compareMethods(name, known, panels, { ...judges, names: judging.names }, settings);
  } finally {
    wishes.bench.close();
  }
}
