/** Compares methods on every concept. Each is a step of its own: what was compared with the same inputs is kept. */
import type { Json } from '../canonical-json.js';
import { createProgress } from '../../src/terminal/progress.js';
import { UserError } from '../../src/terminal/user-error.js';
import type { Split, SplitKind } from '../dataset/split.js';
import { Parts } from '../evaluate/parts.js';
import { lazily } from '../lazily.js';
import { drawCases } from '../methods/learning-cases.js';
import { learnedSettings } from '../methods/settings.js';
import { type DictionaryEntry, type LoadedDictionary, loadDictionary, withDictionary } from '../sae/run-sae.js';
import { stepFolder } from '../step-files.js';
import type { TrainingContext } from '../training-context.js';
import type { Panel } from './choose.js';
import { type AttributeComparison, compareMethods } from './compare.js';
import { attributesOf, type Concept, FEATURES, labelledConcepts, seriesOf, withCases } from './concepts.js';
import { discoveredFeatures } from './discovered.js';
import { type Correlated, know } from './know.js';
import type { Method } from './methods.js';
import type { Roles } from './roles.js';
import type { SteeringParameters } from './parameters.js';
import { SteeringData } from './steering-data.js';

/** Goes up when the code would compare otherwise. */
export const VERSIONS = { comparison: 3, concept: 1 } as const;

/** What is the same for all concepts. */
export interface Work {
  readonly kind: SplitKind;
  readonly roles: Roles;
  readonly methods: readonly Method[];
  readonly dictionaries: readonly DictionaryEntry[];
  readonly inputs: Json;
}

/** @throws UserError where there is nothing to compare methods on */
export async function compareAll(
  { dir, print, signal }: TrainingContext,
  parameters: SteeringParameters,
  { kind, roles, methods, dictionaries, inputs }: Work,
): Promise<AttributeComparison[]> {
  const { force = false } = parameters;
  const loaded = await loadDictionary(dir, kind);
  const saes = await Promise.all(
    dictionaries.map(async ({ settings: { name } }) => (await withDictionary(loaded, dir, kind, name)).model.sae),
  );
  const data = new SteeringData(loaded, saes, roles, parameters);
  const chosen = withCases(conceptsOf(loaded.split, data, parameters), roles, parameters, print);
  if (chosen.length === 0) {
    throw new UserError('too few users to compare methods on: some have to teach, others to choose, others to judge');
  }
  const correlated = lazily({ statistics: () => data.statisticsOf(chosen.map(({ items }) => items)) });
  const progress = createProgress({ label: 'steering', total: chosen.length, unit: 'concepts' });
  const folder = stepFolder(dir, 'steering-parts', kind);
  const parts = new Parts(VERSIONS, { folder, force, signal, report: () => undefined });
  const compared: AttributeComparison[] = [];
  try {
    for (const [row, concept] of chosen.entries()) {
      const compare = (): AttributeComparison =>
        compareOne(loaded, data, concept, { statistics: correlated.statistics, row }, { ...parameters, methods });
      const part = parameters.concepts.length > 0 ? 'concept' : 'comparison';
      compared.push(await parts.measure(part, concept.name, inputs, compare));
      progress.tick(compared.length, concept.name);
    }
    progress.end();
    return compared;
  } finally {
    data.close();
  }
}

function conceptsOf(
  split: Split,
  data: SteeringData,
  { attributes, concepts, features: count, minItems }: SteeringParameters,
): Concept[] {
  const all = attributesOf(split);
  if (attributes.length > 0) return all.filter(({ name }) => attributes.includes(name));
  if (concepts.length === 0) return all.filter(({ items }) => items.length >= minItems);
  const labelled = labelledConcepts(split, concepts, minItems);
  const [sae] = data.saes;
  const [set] = data.sets;
  if (!concepts.includes(FEATURES) || sae === undefined || set === undefined) return labelled;
  const labels = [...all, ...seriesOf(split)].map(({ items }) => items);
  return [...labelled, ...discoveredFeatures(sae, set, labels, { count, minItems })];
}

function compareOne(
  { model, split }: LoadedDictionary,
  data: SteeringData,
  concept: Concept,
  correlated: Correlated,
  settings: SteeringParameters,
): AttributeComparison {
  const { known, close } = know(model, data, concept, correlated, learnedSettings(settings.steps));
  const bears = new Set(concept.items);
  const wishes = (role: 'choosing' | 'judging', most: number): Panel => {
    const own = data.wishes[role].filter(({ target }) => bears.has(target));
    return data.panel(drawCases(own, most, settings.seed));
  };
  const choosing = { loss: data.panels.choosing, wishes: wishes('choosing', settings.wishes) };
  const judging = { loss: data.panels.judging, wishes: wishes('judging', MOST_JUDGED), names: data.judges };
  try {
    const about =
      concept.feature === undefined ? [] : Array.from(concept.items.subarray(0, SHOWN), (i) => split.titles[i] ?? '');
    return { ...compareMethods(concept.name, known, choosing, judging, settings), about };
  } finally {
    choosing.wishes.bench.close();
    judging.wishes.bench.close();
    close();
  }
}

/** Intents that are judged, at most. */
const MOST_JUDGED = 2000;
/** Items that say what a feature is about. */
const SHOWN = 4;
