/** The publish step: everything that was made becomes a checkpoint, under the next number. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FeatureMap } from '../../src/checkpoint/checkpoint.js';
import { featureMaps } from '../../src/checkpoint/feature-map.js';
import {
  type CheckpointDraft,
  CheckpointRefused,
  contentId,
  decodeCheckpoint,
  encodeCheckpoint,
  MANIFEST,
} from '../../src/checkpoint/files.js';
import { FORMAT_VERSION } from '../../src/checkpoint/manifest.js';
import { schemaFolder } from '../../src/events/schema-files.js';
import { type CheckpointStore, WHOLE_SHARE } from '../../src/ports/checkpoint-store.js';
import type { CalibrateSummary } from '../calibrate/run-calibrate.js';
import { loadCalibration } from '../calibrate/stored.js';
import { loadSplit, type SplitKind } from '../dataset/split.js';
import { itemCounts } from '../evaluate/baselines.js';
import type { EvaluateSummary } from '../evaluate/run-evaluate.js';
import { dictionaryEntry, readDictionary, type SaeSummary } from '../sae/run-sae.js';
import { readWeightsFile, requireStep, stepFolder } from '../step-files.js';
import { readStep, runStep, type StepResult } from '../step.js';
import type { TrainingContext } from '../training-context.js';
import { candidateTerms } from './again.js';
import type { TrainSummary } from '../train/run-train.js';

export interface PublishParameters {
  readonly split: SplitKind;
  readonly force?: boolean;
  /** Percent of the users that it is for; everybody unless given. */
  readonly candidate?: number;
}

export interface PublishSummary {
  readonly [name: string]: number | string;
  readonly sequence: number;
  readonly contentId: string;
}

export async function runPublish(
  { dir, print }: Pick<TrainingContext, 'dir' | 'print'>,
  store: CheckpointStore,
  { split: kind, force = false, candidate }: PublishParameters,
): Promise<StepResult<PublishSummary>> {
  const evaluated = await requireStep<EvaluateSummary>(dir, 'evaluate', kind);
  const step = {
    name: 'publish',
    folder: join(dir, 'publish', kind),
    inputs: { evaluate: evaluated.hash, ...(candidate !== undefined && { candidate }) },
    run: async (): Promise<PublishSummary> => {
      const terms = candidate === undefined ? {} : await candidateTerms(store, candidate);
      const made = await draft(dir, kind);
      const files = encodeCheckpoint({ ...made, featureMaps: await mapsFrom(store, made, print) });
      return { sequence: await store.publish(files, terms), contentId: contentId(files) };
    },
  };
  // A store that was emptied since has to be filled again.
  const before = (await readStep<PublishSummary>(step.folder))?.summary;
  const isGone = before !== undefined && !(await isIn(store, before));
  const result = await runStep(step, { force: force || isGone, print });
  const users = candidate === undefined ? '' : `, a candidate for ${candidate} % of the users`;
  print(`publish: checkpoint ${result.summary.sequence}-${result.summary.contentId}${users}`);
  return result;
}

/** From what serves everybody now to the new one. */
async function mapsFrom(
  store: CheckpointStore,
  { manifest, weights }: CheckpointDraft,
  print: (line: string) => void,
): Promise<readonly FeatureMap[]> {
  const before = (await store.newest()).find(({ share }) => share === WHOLE_SHARE);
  if (before === undefined) return [];
  try {
    const files = await store.read(before.sequence);
    const { layer, site, width, features } = manifest.sae;
    const decoder = { width, data: weights.get('sae.decoder')?.data ?? new Float32Array() };
    const maps = featureMaps(decodeCheckpoint(files), contentId(files), { layer, site, decoder });
    print(
      `publish: ${maps[0]?.features.length ?? 0} of ${features} features are of checkpoint ${before.sequence}, too`,
    );
    return maps;
  } catch (error) {
    if (!(error instanceof CheckpointRefused)) throw error;
    print(`publish: no features are matched to checkpoint ${before.sequence}, which cannot be used: ${error.message}`);
    return [];
  }
}

/** Another checkpoint may have been given the number since. */
async function isIn(store: CheckpointStore, { sequence, contentId: id }: PublishSummary): Promise<boolean> {
  return (await store.list()).includes(sequence) && contentId(await store.read(sequence, [MANIFEST])) === id;
}

async function draft(dir: string, kind: SplitKind): Promise<CheckpointDraft> {
  const [train, sae, calibrated, evaluated] = await Promise.all([
    requireStep<TrainSummary>(dir, 'train', kind),
    requireStep<SaeSummary>(dir, 'sae', kind),
    requireStep<CalibrateSummary>(dir, 'calibrate', kind),
    requireStep<EvaluateSummary>(dir, 'evaluate', kind),
  ]);
  const { settings, shape } = await dictionaryEntry(dir, kind, calibrated.summary.dictionary);
  const split = await loadSplit(stepFolder(dir, 'dataset', kind));
  const gptrec = await readWeightsFile(join(stepFolder(dir, 'train', kind), 'gptrec.safetensors'));
  const calibration = await loadCalibration(dir, kind);
  const dictionary = await readDictionary(dir, kind, settings.name);
  return {
    manifest: {
      formatVersion: FORMAT_VERSION,
      createdAt: new Date().toISOString(),
      madeBy: { version: await packageVersion(), node: process.version, engine: train.summary.engine },
      seed: split.seed,
      gptrec: train.summary.shape,
      sae: shape,
      steering: calibration.shape,
      hyperparameters: {
        ...prefixed('train', train.inputs),
        ...prefixed('sae', sae.inputs),
        ...prefixed('sae', { ...settings, ...settings.sparsity }),
      },
      snapshot: split.snapshot,
      split: kind,
      metrics: { model: evaluated.summary.model, popularity: evaluated.summary.popularity },
    },
    weights: new Map([...gptrec, ...dictionary, ...calibration.weights]),
    vocabulary: { items: split.items, counts: itemCounts(split.train, split.items.length) },
    attributes: { names: split.attributeNames, items: split.attributeItems },
    steeringMap: calibration.map,
  };
}

/** Plain values of a step's inputs, under its name. */
function prefixed(step: string, inputs: unknown): Record<string, string | number | boolean> {
  const entries = Object.entries(inputs as Record<string, unknown>).filter(
    (entry): entry is [string, string | number | boolean] => ['string', 'number', 'boolean'].includes(typeof entry[1]),
  );
  return Object.fromEntries(entries.map(([name, value]) => [`${step}.${name}`, value]));
}

/** The version of this package; its package.json lies beside the schemas. */
async function packageVersion(): Promise<string> {
  const text = await readFile(join(schemaFolder(), '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
