/** The sae step: activations of the SAE users become dictionaries. */
import { join } from 'node:path';
import { writeSafetensors } from '../../src/checkpoint/safetensors.js';
import type { SteerableModel } from '../../src/model/score.js';
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
import { trainDictionaries } from './training.js';

export interface SaeParameters extends Schedule {
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
};

export type SaeSummary = {
  /** As they were asked for; the first is the one that later steps use, unless told otherwise. */
  readonly dictionaries: readonly DictionaryEntry[];
  readonly activations: number;
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
  const settings = dictionaries.map((one) => ({ ...one, place: { ...one.place } }));
  const step = {
    name: 'sae',
    folder: stepFolder(dir, 'sae', kind),
    inputs: { train: train.hash, engine: runtime.name, dictionaries: settings, ...schedule },
    run: async (folder: string): Promise<SaeSummary> => {
      const { split, model, shape: gptrec } = await loadTrained(dir, kind);
      const places = distinct(dictionaries.map(({ place }) => place));
      const read = readPlaces(model, split.sae, places, { window: gptrec.window });
      const sets: SetsByPlace = (place) => {
        const set = read[places.findIndex((other) => isSame(other, place))];
        if (set === undefined) throw new Error(`block ${place.layer} was not read`);
        return set;
      };
      const trained = await trainDictionaries(sets, dictionaries, schedule, folder, signal);
      const entries: DictionaryEntry[] = [];
      for (const [i, { shape, weights }] of trained.entries()) {
        const one = settings[i];
        if (one === undefined) continue;
        await writeFileAtomic(dictionaryFile(dir, kind, one.name), writeSafetensors(weights));
        entries.push({ settings: one, shape, coding: measureCoding(shape, weights, sets(one.place)) });
      }
      return { dictionaries: entries, activations: read[0]?.items.length ?? 0 };
    },
  };
  const result = await runStep(step, { force, print });
  for (const entry of result.summary.dictionaries) print(`sae: ${describeEntry(entry)}`);
  print(`sae: ${result.summary.dictionaries.length} trained on ${result.summary.activations} activations`);
  return result;
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
  readonly model: Required<SteerableModel>;
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
