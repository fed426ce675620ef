/** Takes over an SAE that was trained elsewhere, in the place of the sae step's result. */
import { writeSafetensors } from '../../src/checkpoint/safetensors.js';
import { UserError } from '../../src/terminal/user-error.js';
import { jsonHash } from '../canonical-json.js';
import type { SplitKind } from '../dataset/split.js';
import { writeFileAtomic } from '../files.js';
import { readActivations } from '../sae/activation-set.js';
import { measureCoding } from '../sae/coding.js';
import { describeEntry, dictionaryFile, type SaeSummary } from '../sae/run-sae.js';
import { requireStep, stepFolder } from '../step-files.js';
import { runStep, type StepResult } from '../step.js';
import { loadTrained, type TrainSummary } from '../train/run-train.js';
import type { TrainingContext } from '../training-context.js';
import { foreignSae, type ForeignSae, SaeMappingSchema, saeSources } from './foreign-sae.js';
import { besideMapping, readForeign, readMapping } from './mapping-file.js';
import { some } from './some.js';

export interface ImportSaeParameters {
  readonly split: SplitKind;
  readonly force?: boolean;
}

export async function importSae(
  context: TrainingContext,
  mappingFile: string,
  { split: kind, force = false }: ImportSaeParameters,
): Promise<StepResult<SaeSummary>> {
  const { dir, print, runtime } = context;
  const train = await requireStep<TrainSummary>(dir, 'train', kind);
  const { mapping, hash } = await readMapping(mappingFile, SaeMappingSchema);
  const { layers, width } = train.summary.shape;
  if (mapping.layer > layers) throw new UserError(`there is no block ${mapping.layer}: the model has ${layers}`);
  const file = await besideMapping(mappingFile, mapping.weights);
  const tensors = readForeign(file, saeSources(mapping));
  const found = foreignSae(mapping, tensors, width);
  const inputs = { train: train.hash, engine: runtime.name, imported: file.hash, mapping: hash };
  const step = {
    name: 'sae',
    folder: stepFolder(dir, 'sae', kind),
    inputs,
    run: (): Promise<SaeSummary> => keep(dir, kind, found, jsonHash(inputs)),
  };
  const result = await runStep(step, { force, print });
  for (const entry of result.summary.dictionaries) print(`import-weights: ${describeEntry(entry)}`);
  if (tensors.left.length > 0) print(`  not read from the file: ${some(tensors.left)}`);
  return result;
}

/** @param origin names what the dictionary was made from: what is measured of it is cached by this */
async function keep(dir: string, kind: SplitKind, { shape, weights }: ForeignSae, origin: string): Promise<SaeSummary> {
  const { split, model, shape: gptrec } = await loadTrained(dir, kind);
  const { layer, site, features } = shape;
  const set = readActivations(model, split.sae, { window: gptrec.window, layer, site });
  const coding = measureCoding(shape, weights, set);
  const name = `imported-${features}-${site}${layer}`;
  await writeFileAtomic(dictionaryFile(dir, kind, name), writeSafetensors(weights));
  const settings = {
    name,
    place: { layer, site },
    features,
    sparsity: { kind: 'imported', k: coding.l0 },
    revive: 0,
    seed: 0,
  } as const;
  return { dictionaries: [{ settings, shape, coding, origin }] };
}
