/** Takes over a GPTRec that was trained elsewhere, in the place of the train step's result. */
import { join } from 'node:path';
import { disposeTensors, loadGptRec } from '../../src/model/weights.js';
import { writeSafetensors } from '../../src/checkpoint/safetensors.js';
import { UserError } from '../../src/terminal/user-error.js';
import { loadSplit, type Split, type SplitKind } from '../dataset/split.js';
import { writeFileAtomic } from '../files.js';
import { requireStep, stepFolder } from '../step-files.js';
import { runStep, type StepResult } from '../step.js';
import { GPTREC_FILE, type TrainSummary } from '../train/run-train.js';
import { validationNdcg } from '../train/gptrec-training.js';
import type { TrainingContext } from '../training-context.js';
import {
  foreignGptRec,
  type ForeignGptRec,
  GptRecMappingSchema,
  gptRecSources,
  readVocabulary,
} from './foreign-gptrec.js';
import { besideMapping, readForeign, readMapping } from './mapping-file.js';
import { some } from './some.js';

export interface ImportGptRecParameters {
  readonly split: SplitKind;
  /** What becomes of items of the dataset that the model does not know. */
  readonly missing: (typeof MISSING)[number];
  readonly force?: boolean;
}

export const MISSING = ['refuse', 'mean'] as const;

export async function importGptRec(
  context: TrainingContext,
  mappingFile: string,
  { split: kind, missing, force = false }: ImportGptRecParameters,
): Promise<StepResult<TrainSummary>> {
  const { dir, print, runtime } = context;
  const dataset = await requireStep(dir, 'dataset', kind);
  const { mapping, hash } = await readMapping(mappingFile, GptRecMappingSchema);
  const sources = gptRecSources(mapping);
  const [file, vocabulary] = await Promise.all([
    besideMapping(mappingFile, mapping.weights),
    besideMapping(mappingFile, mapping.vocabulary),
  ]);
  const split = await loadSplit(stepFolder(dir, 'dataset', kind));
  const tensors = readForeign(file, [...sources.values()]);
  const found = foreignGptRec(
    mapping,
    sources,
    tensors,
    readVocabulary(vocabulary.bytes.toString('utf8')),
    split.items,
  );
  if (found.missing.length > 0 && missing === 'refuse') {
    throw new UserError(
      `the model does not know ${found.missing.length} of the dataset's ${split.items.length} items (${some(found.missing)}): ` +
        'train it on them, or give them the mean of all items with --missing mean',
    );
  }
  const step = {
    name: 'train',
    folder: stepFolder(dir, 'train', kind),
    inputs: {
      dataset: dataset.hash,
      engine: runtime.name,
      imported: file.hash,
      vocabulary: vocabulary.hash,
      mapping: hash,
      missing,
    },
    run: (folder: string): Promise<TrainSummary> => keep(folder, found, split),
  };
  const result = await runStep(step, { force, print });
  const { width, layers, window } = found.shape;
  print(
    `import-weights: GPTRec of ${layers} blocks, width ${width}, window ${window}; ` +
      `validation NDCG@10 ${result.summary.validationNdcg.toFixed(4)}`,
  );
  if (found.missing.length > 0)
    print(`  ${found.missing.length} items it does not know have the mean of all: ${some(found.missing)}`);
  if (found.dropped > 0) print(`  ${found.dropped} items that the dataset does not have were left out`);
  if (tensors.left.length > 0) print(`  not read from the file: ${some(tensors.left)}`);
  return result;
}

async function keep(folder: string, { shape, weights }: ForeignGptRec, split: Split): Promise<TrainSummary> {
  const gptrec = loadGptRec(shape, weights);
  const ndcg = validationNdcg(gptrec, split, shape);
  disposeTensors(gptrec);
  await writeFileAtomic(join(folder, GPTREC_FILE), writeSafetensors(weights));
  return { shape, engine: 'imported', bestEpoch: 0, epochs: 0, validationNdcg: ndcg, tokensPerSecond: 0 };
}
