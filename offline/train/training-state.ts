/** What an interrupted GPTRec training goes on from, written whole after every epoch. */
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import type { GptRecShape } from '../../src/model/shapes.js';
import { readSafetensors, writeSafetensors } from '../../src/checkpoint/safetensors.js';
import type { GptRecWeights } from '../../src/model/gptrec.js';
import { loadGptRec, saveTensors } from '../../src/model/weights.js';
import { writeFileAtomic } from '../files.js';
import { readIfPresent } from '../step-files.js';
import { fromArrays, type Optimised, partOf, toArrays } from './optimised.js';

export interface EpochRecord {
  readonly epoch: number;
  readonly loss: number;
  /** NDCG@10 of the validation users. */
  readonly ndcg: number;
  readonly tokens: number;
  readonly seconds: number;
}

export interface TrainingState extends Optimised<GptRecWeights> {
  /** Moving average of the weights, where one is kept. */
  readonly average?: GptRecWeights;
  /** Weights of the best epoch so far. */
  readonly best: ReadonlyMap<string, WeightArray>;
  readonly history: readonly EpochRecord[];
}

export async function saveTrainingState(file: string, state: TrainingState): Promise<void> {
  const all = toArrays(state, 'gptrec');
  if (state.average) {
    for (const [name, weight] of saveTensors(state.average, 'gptrec')) all.set(`average:${name}`, weight);
  }
  for (const [name, weight] of state.best) all.set(`best:${name}`, weight);
  const metadata = { adamStep: String(state.moments.step), history: JSON.stringify(state.history) };
  await writeFileAtomic(file, writeSafetensors(all, metadata));
}

/** Undefined where nothing was saved. */
export async function loadTrainingState(file: string, shape: GptRecShape): Promise<TrainingState | undefined> {
  const bytes = await readIfPresent(file);
  if (bytes === undefined) return undefined;
  const { weights: all, metadata } = readSafetensors(bytes);
  const load = (arrays: ReadonlyMap<string, WeightArray>): GptRecWeights => loadGptRec(shape, arrays);
  const average = partOf(all, 'average:');
  return {
    ...fromArrays(all, Number(metadata['adamStep']), load),
    ...(average.size > 0 && { average: load(average) }),
    best: partOf(all, 'best:'),
    history: JSON.parse(metadata['history'] ?? '[]') as EpochRecord[],
  };
}
