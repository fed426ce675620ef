/** The train step: a split becomes GPTRec's weights. */
import { join } from 'node:path';
import { type GptRecShape, GptRecShapeSchema } from '../../src/model/shapes.js';
import { writeSafetensors } from '../../src/checkpoint/safetensors.js';
import type { SteerableModel } from '../../src/model/score.js';
import { loadGptRec } from '../../src/model/weights.js';
import { loadSplit, type Split, type SplitKind } from '../dataset/split.js';
import { writeFileAtomic } from '../files.js';
import { readWeightsFile, requireStep, stepFolder } from '../step-files.js';
import { runStep, type StepResult } from '../step.js';
import type { TrainingContext } from '../training-context.js';
import { UserError } from '../../src/terminal/user-error.js';
import { type GptRecTraining, trainGptRec } from './gptrec-training.js';

export interface TrainParameters extends Omit<GptRecTraining, 'shape'>, Omit<GptRecShape, 'items'> {
  readonly split: SplitKind;
  readonly force?: boolean;
}

export interface TrainSummary {
  readonly [name: string]: number | string | Readonly<Record<string, number>>;
  readonly shape: Readonly<Record<keyof GptRecShape, number>>;
  readonly engine: string;
  readonly bestEpoch: number;
  readonly epochs: number;
  readonly validationNdcg: number;
  readonly tokensPerSecond: number;
}

/** Goes up when the code would train otherwise: what was trained before is trained again. */
const TRAIN_VERSION = 1;

/** Where the weights lie in the step's folder. */
export const GPTREC_FILE = 'gptrec.safetensors';

export async function runTrain(
  context: TrainingContext,
  parameters: TrainParameters,
): Promise<StepResult<TrainSummary>> {
  const { dir, print, signal, runtime } = context;
  const { split: kind, force = false, width, heads, layers, window, ...training } = parameters;
  if (width % heads !== 0)
    throw new UserError(`a width of ${width} cannot be dealt to ${heads} heads: choose a multiple`);
  const dataset = await requireStep(dir, 'dataset', kind);
  const step = {
    name: 'train',
    folder: stepFolder(dir, 'train', kind),
    inputs: {
      ...{ version: TRAIN_VERSION, dataset: dataset.hash, engine: runtime.name },
      ...{ width, heads, layers, window, ...training },
    },
    run: async (folder: string): Promise<TrainSummary> => {
      print(`training on ${runtime.description}`);
      const split = await loadSplit(stepFolder(dir, 'dataset', kind));
      const shape = { items: split.items.length, width, heads, layers, window };
      const { weights, history, best } = await trainGptRec(split, { shape, ...training }, folder, signal);
      await writeFileAtomic(join(folder, GPTREC_FILE), writeSafetensors(weights));
      await writeFileAtomic(join(folder, 'history.json'), `${JSON.stringify(history, null, 1)}\n`);
      const tokens = history.reduce((sum, epoch) => sum + epoch.tokens, 0);
      const seconds = history.reduce((sum, epoch) => sum + epoch.seconds, 0);
      return {
        shape,
        engine: runtime.name,
        bestEpoch: best.epoch,
        epochs: history.length,
        validationNdcg: best.ndcg,
        tokensPerSecond: Math.round(tokens / seconds),
      };
    },
  };
  const result = await runStep(step, { force, print });
  const { bestEpoch, epochs, validationNdcg, tokensPerSecond } = result.summary;
  print(
    `train: best of ${epochs} epochs is ${bestEpoch}, validation NDCG@10 ${validationNdcg.toFixed(4)}, ${tokensPerSecond} tokens/s`,
  );
  return result;
}

export interface LoadedTraining {
  readonly split: Split;
  readonly shape: GptRecShape;
  /** Its tensors live until the process ends or they are disposed of. */
  readonly model: SteerableModel;
}

/** The dataset and the trained model of a split. */
export async function loadTrained(dir: string, kind: SplitKind): Promise<LoadedTraining> {
  const { summary } = await requireStep<TrainSummary>(dir, 'train', kind);
  const shape = GptRecShapeSchema.parse(summary.shape);
  const split = await loadSplit(stepFolder(dir, 'dataset', kind));
  const gptrec = loadGptRec(shape, await readWeightsFile(join(stepFolder(dir, 'train', kind), GPTREC_FILE)));
  return { split, shape, model: { gptrec, heads: shape.heads } };
}
