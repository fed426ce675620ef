/** The sae step: activations of the SAE users become a dictionary. */
import { join } from 'node:path';
import { type SaeShape, SaeShapeSchema } from '../../src/model/shapes.js';
import { writeSafetensors } from '../../src/checkpoint/safetensors.js';
import type { SteerableModel } from '../../src/model/score.js';
import { loadSae } from '../../src/model/weights.js';
import type { SplitKind } from '../dataset/split.js';
import { writeFileAtomic } from '../files.js';
import { readWeightsFile, requireStep, stepFolder } from '../step-files.js';
import { runStep, type StepResult } from '../step.js';
import { loadTrained, type LoadedTraining, type TrainSummary } from '../train/run-train.js';
import type { TrainingContext } from '../training-context.js';
import { UserError } from '../../src/terminal/user-error.js';
import { readActivations } from './activation-set.js';
import { type SaeTraining, trainSae } from './sae-training.js';

export interface SaeParameters extends Omit<SaeTraining, 'shape'>, Pick<SaeShape, 'features' | 'layer'> {
  readonly split: SplitKind;
  readonly force?: boolean;
}

export interface SaeSummary {
  readonly [name: string]: number | Readonly<Record<string, number>>;
  readonly shape: Readonly<Record<keyof SaeShape, number>>;
  readonly activations: number;
}

const WEIGHTS = 'sae.safetensors';

export async function runSae(context: TrainingContext, parameters: SaeParameters): Promise<StepResult<SaeSummary>> {
  const { dir, print, signal, runtime } = context;
  const { split: kind, force = false, features, layer, ...training } = parameters;
  const train = await requireStep<TrainSummary>(dir, 'train', kind);
  const { layers } = train.summary.shape;
  if (layer > layers) throw new UserError(`there is no block ${layer}: the model has ${layers}`);
  const step = {
    name: 'sae',
    folder: stepFolder(dir, 'sae', kind),
    inputs: { train: train.hash, engine: runtime.name, features, layer, ...training },
    run: async (folder: string): Promise<SaeSummary> => {
      const { split, model, shape: gptrec } = await loadTrained(dir, kind);
      const shape = { width: gptrec.width, features, layer };
      const set = readActivations(model, split.sae, { window: gptrec.window, layer });
      const weights = await trainSae(set, { shape, ...training }, folder, signal);
      await writeFileAtomic(join(folder, WEIGHTS), writeSafetensors(weights));
      return { shape, activations: set.items.length };
    },
  };
  const result = await runStep(step, { force, print });
  print(
    `sae: ${result.summary.shape.features} features after block ${layer}, from ${result.summary.activations} activations`,
  );
  return result;
}

export interface LoadedDictionary extends LoadedTraining {
  readonly model: Required<SteerableModel>;
  readonly saeShape: SaeShape;
}

/** Dataset, model and SAE of a split. */
export async function loadDictionary(dir: string, kind: SplitKind): Promise<LoadedDictionary> {
  const { summary } = await requireStep<SaeSummary>(dir, 'sae', kind);
  const saeShape = SaeShapeSchema.parse(summary.shape);
  const trained = await loadTrained(dir, kind);
  const weights = loadSae(saeShape, await readWeightsFile(join(stepFolder(dir, 'sae', kind), WEIGHTS)));
  return { ...trained, saeShape, model: { ...trained.model, sae: { weights, layer: saeShape.layer } } };
}
