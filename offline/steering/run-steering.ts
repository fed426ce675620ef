/** The steering step: methods on attributes or on concepts without labels, as steering.json and steering.md. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../canonical-json.js';
import { UserError } from '../../src/terminal/user-error.js';
import { loadSplit } from '../dataset/split.js';
import { requireAttributes } from '../evaluate/asked-attributes.js';
import { casesOf } from '../evaluate/cases.js';
import { writeFileAtomic } from '../files.js';
import { type DictionaryEntry, dictionaryEntry, type SaeSummary } from '../sae/run-sae.js';
import { requireStep, stepFolder } from '../step-files.js';
import { runStep, type StepResult } from '../step.js';
import type { TrainingContext } from '../training-context.js';
import { compareAll, VERSIONS } from './compare-all.js';
import { requireKinds } from './concepts.js';
import { learnedSettings } from '../methods/settings.js';
import { type Method, METHODS, UNLABELLED, VARIANTS } from './methods.js';
import { comparisonText, meansByKind, type SteeringComparison } from './report.js';
import type { SteeringParameters } from './parameters.js';
import { rolesOf } from './roles.js';

export type SteeringSummary = { readonly compared: number };

export async function runSteering(
  context: TrainingContext,
  parameters: SteeringParameters,
): Promise<StepResult<SteeringSummary>> {
  const { dir, print, runtime } = context;
  const { split: kind, force = false, attributes, concepts, features, methods: wanted, ...settings } = parameters;
  if (attributes.length > 0 && concepts.length > 0) throw new UserError('give --attributes or --concepts, not both');
  const sae = await requireStep<SaeSummary>(dir, 'sae', kind);
  const { name: dictionary, place } = (await dictionaryEntry(dir, kind)).settings;
  if (place.layer !== 1 || place.site !== 'block') {
    throw new UserError('methods are compared with an SAE after block 1: run `sae --layer 1 --site block` first');
  }
  const split = await loadSplit(stepFolder(dir, 'dataset', kind));
  requireAttributes(split, attributes);
  requireKinds(split, concepts);
  const dictionaries = oneEachBlock(sae.summary.dictionaries);
  const methods = methodsFor(wanted, concepts.length > 0 ? UNLABELLED : METHODS);
  const { minItems: _, minCases: __, ...measuring } = settings;
  const inputs = {
    sae: sae.hash,
    dictionaries: dictionaries.map(({ settings: { name } }) => name),
    engine: runtime.name,
    learned: inJson(learnedSettings(settings.steps)),
    variants: inJson(VARIANTS),
    methods: [...methods],
    ...measuring,
  };
  const roles = rolesOf(split, settings.judges, settings.seed);
  const work = { kind, roles, dictionaries, inputs, methods };
  const name = concepts.length > 0 ? 'concepts' : 'steering';
  const { minItems, minCases } = settings;
  const step = {
    name,
    folder: stepFolder(dir, name, kind),
    inputs: {
      ...{ ...inputs, dictionary, minItems, minCases, attributes: [...attributes], concepts: [...concepts], features },
      versions: VERSIONS,
    },
    run: async (folder: string): Promise<SteeringSummary> => {
      const compared = await compareAll(context, parameters, work);
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
      return { compared: compared.length };
    },
  };
  const result = await runStep(step, { force, print });
  print((await readFile(join(step.folder, 'steering.md'), 'utf8')).trimEnd());
  return result;
}

/** The first of them, and those that are wanted. */
const methodsFor = (wanted: readonly Method[], all: readonly Method[]): readonly Method[] =>
  wanted.length === 0 ? all : all.filter((method, i) => i === 0 || wanted.includes(method));

/** As it will be read back. */
const inJson = (value: object): Json => JSON.parse(JSON.stringify(value)) as Json;

/** The first dictionary of each block that has one. */
const oneEachBlock = (all: readonly DictionaryEntry[]): DictionaryEntry[] =>
  all
    .filter(({ settings: { place } }) => place.site === 'block')
    .filter(
      ({ settings: { place } }, i, blocks) => blocks.findIndex((one) => one.settings.place.layer === place.layer) === i,
    );
