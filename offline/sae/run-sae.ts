/** The sae step: activations of the SAE users become dictionaries. */
import { join } from 'node:path';
import { writeSafetensors } from '../../src/checkpoint/safetensors.js';
import type { ModelWithSae } from '../../src/model/score.js';
import { type Place, type SaeShape, SaeShapeSchema } from '../../src/model/shapes.js';
import { loadSae } from '../../src/model/weights.js';
import { UserError } from '../../src/terminal/user-error.js';
import type { SplitKind } from '../dataset/split.js';
import { writeFileAtomic } from '../files.js';
import { readWeightsFile, requireStep, stepFolder } from '../step-files.js';
import { runStep, type StepResult } from '../step.js';
import { loadTrained, type LoadedTraining, type TrainSummary } from '../train/run-train.js';
import type { TrainingContext } from '../training-context.js';
import { readPlaces } from './activation-set.js';
import { type Coding, measureCoding } from './coding.js';
import type { DictionarySettings, FoundSparsity, Schedule, SetsByPlace } from './dictionary.js';
import { KeptDictionaries } from './kept.js';
import { trainDictionaries } from './training.js';

/** Goes up when the same inputs would lead to other dictionaries. */
const VERSION = 2;

export interface SaeParameters extends Omit<Schedule, 'seed'> {
  readonly split: SplitKind;
  readonly dictionaries: readonly DictionarySettings[];
  readonly force?: boolean;
}

/** A dictionary that was trained or taken over, and how well it codes what it was trained on. */
export type DictionaryEntry = {
  readonly settings: Omit<DictionarySettings, 'place' | 'sparsity'> & {
    readonly place: { readonly [K in keyof Place]: Place[K] };
    readonly sparsity: FoundSparsity;
  };
  readonly shape: SaeShape;
  readonly coding: Coding;
  /** Hash of all that it was made from. */
  readonly origin: string;
};

export type SaeSummary = {
  /** As they were asked for; the first is the one that later steps use, unless told otherwise. */
  readonly dictionaries: readonly DictionaryEntry[];
};

/** Where the weights of a dictionary lie. */
export const dictionaryFile = (dir: string, kind: SplitKind, name: string): string =>
  join(stepFolder(dir, 'sae', kind), `${name}.safetensors`);

export async function runSae(context: TrainingContext, parameters: SaeParameters): Promise<StepResult<SaeSummary>> {
  const { dir, print, signal, runtime } = context;
  const { split: kind, force = false, dictionaries, ...schedule } = parameters;
  const train = await requireStep<TrainSummary>(dir, 'train', kind);
  const { layers } = train.summary.shape;
  const beyond = dictionaries.find(({ place }) => place.layer > layers);
  if (beyond) throw new UserError(`there is no block ${beyond.place.layer}: the model has ${layers}`);
  const common = { version: VERSION, train: train.hash, engine: runtime.name, ...schedule };
  const kept = new KeptDictionaries(stepFolder(dir, 'sae-parts', kind), common);
  const step = {
    name: 'sae',
    folder: stepFolder(dir, 'sae', kind),
    inputs: { ...common, dictionaries: dictionaries.map(plain) },
    run: async (folder: string): Promise<SaeSummary> => {
      const found = await Promise.all(dictionaries.map((one) => kept.find(one)));
      const missing = dictionaries.filter((_, i) => force || found[i] === undefined);
      if (missing.length < dictionaries.length)
        print(`sae: ${dictionaries.length - missing.length} of ${dictionaries.length} were trained before`);
      if (missing.length > 0)
        await trainMissing(await loadTrained(dir, kind), missing, schedule, { kept, folder, signal });
      const entries: DictionaryEntry[] = [];
      for (const one of dictionaries) {
        const dictionary = await kept.find(one);
        if (dictionary === undefined) throw new Error(`${one.name} was trained and is not there`);
        const { weights, coding, shape } = dictionary;
        await writeFileAtomic(dictionaryFile(dir, kind, one.name), weights);
        entries.push({ settings: plain(one), shape, coding, origin: kept.origin(one) });
      }
      return { dictionaries: entries };
    },
  };
  const result = await runStep(step, { force, print });
  for (const entry of result.summary.dictionaries) print(`sae: ${describeEntry(entry)}`);
  return result;
}

/** As JSON holds it. */
const plain = (settings: DictionarySettings): DictionaryEntry['settings'] => ({
  ...settings,
  place: { ...settings.place },
});

/** One pass a seed: dictionaries of a seed share their batches. What a pass has trained is kept when it ends. */
async function trainMissing(
  { split, model, shape }: LoadedTraining,
  missing: readonly DictionarySettings[],
  schedule: Omit<Schedule, 'seed'>,
  { kept, folder, signal }: { kept: KeptDictionaries; folder: string; signal: AbortSignal },
): Promise<void> {
  const places = distinct(missing.map(({ place }) => place));
  const read = readPlaces(model, split.sae, places, { window: shape.window });
  const sets: SetsByPlace = (place) => {
    const set = read[places.findIndex((other) => isSame(other, place))];
    if (set === undefined) throw new Error(`block ${place.layer} was not read`);
    return set;
  };
  for (const seed of new Set(missing.map((one) => one.seed))) {
    const ofSeed = missing.filter((one) => one.seed === seed);
    const trained = await trainDictionaries(sets, ofSeed, { ...schedule, seed }, folder, signal);
    for (const [i, one] of ofSeed.entries()) {
      const dictionary = trained[i];
      if (dictionary === undefined) throw new Error(`${one.name} was not trained`);
      const coding = measureCoding(dictionary.shape, dictionary.weights, sets(one.place));
      await kept.keep(one, { coding, shape: dictionary.shape, weights: writeSafetensors(dictionary.weights) });
    }
  }
}

const isSame = (a: Place, b: Place): boolean => a.layer === b.layer && a.site === b.site;

const distinct = (places: readonly Place[]): Place[] =>
  places.filter((place, i) => places.findIndex((other) => isSame(other, place)) === i);

export function describeEntry({ settings, shape, coding }: DictionaryEntry): string {
  const { l0, explainedVariance, deadShare } = coding;
  return (
    `${settings.name}: ${shape.features} features at block ${shape.layer} (${shape.site}), L0 ${l0.toFixed(1)}, ` +
    `explained variance ${explainedVariance.toFixed(3)}, dead ${(100 * deadShare).toFixed(0)} %`
  );
}

export interface LoadedDictionary extends LoadedTraining {
  readonly name: string;
  readonly model: ModelWithSae;
  readonly saeShape: SaeShape;
}

/** The entry of a dictionary, the first where none is named. @throws UserError that lists those there are. */
export async function dictionaryEntry(dir: string, kind: SplitKind, name?: string): Promise<DictionaryEntry> {
  const { dictionaries } = (await requireStep<Partial<SaeSummary>>(dir, 'sae', kind)).summary;
  if (dictionaries === undefined)
    throw new UserError(`the SAE of split ${kind} is an older version's: run \`npm run offline -- sae\` again`);
  const found = name === undefined ? dictionaries[0] : dictionaries.find(({ settings }) => settings.name === name);
  if (found) return found;
  const known = dictionaries.map(({ settings }) => settings.name).join(', ');
  throw new UserError(`no dictionary ${name} was trained; there are ${known}`);
}

/** Dataset, model and a dictionary of a split; the first where none is named. @throws UserError for an unknown name. */
export async function loadDictionary(dir: string, kind: SplitKind, name?: string): Promise<LoadedDictionary> {
  const trained = await loadTrained(dir, kind);
  return withDictionary(trained, dir, kind, name);
}

/** The same model with another dictionary. */
export async function withDictionary(
  trained: LoadedTraining,
  dir: string,
  kind: SplitKind,
  name?: string,
): Promise<LoadedDictionary> {
  const entry = await dictionaryEntry(dir, kind, name);
  const saeShape = SaeShapeSchema.parse(entry.shape);
  const sae = loadSae(saeShape, await readDictionary(dir, kind, entry.settings.name));
  return { ...trained, name: entry.settings.name, saeShape, model: { ...trained.model, sae } };
}

/** `sae.*` of a dictionary. */
export const readDictionary = (dir: string, kind: SplitKind, name: string): ReturnType<typeof readWeightsFile> =>
  readWeightsFile(dictionaryFile(dir, kind, name));
