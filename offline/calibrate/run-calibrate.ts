/** The calibrate step: model and SAE become a steering map. Users of the test are not looked at. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type SteeringMap, SteeringMapSchema } from '../../src/steering/steering-map.js';
import { breathe } from '../context.js';
import type { Split, SplitKind } from '../dataset/split.js';
import { casesOf } from '../evaluate/cases.js';
import { SweepBench } from '../evaluate/sweep.js';
import { writeFileAtomic } from '../files.js';
import { createProgress } from '../../src/terminal/progress.js';
import { readActivations } from '../sae/activation-set.js';
import { dictionaryEntry, loadDictionary } from '../sae/run-sae.js';
import { readIfPresent, requireStep, stepFolder } from '../step-files.js';
import { runStep, type StepResult } from '../step.js';
import type { TrainingContext } from '../training-context.js';
import {
  type CalibratedAttribute,
  type CalibrationSettings,
  type Candidate,
  measureMethods,
  steeringMap,
} from './calibration.js';
import { candidatesFor } from './candidates.js';

export interface CalibrateParameters extends Omit<CalibrationSettings, 'layer'> {
  readonly split: SplitKind;
  /** Users that lift and loss are measured on, at most. */
  readonly users: number;
  /** Attributes borne by fewer items are not steered. */
  readonly minItems: number;
  readonly maxAttributes: number;
  /** Name of the dictionary that steers; the first that was trained where it is left out. */
  readonly dictionary?: string;
  readonly force?: boolean;
}

export const CALIBRATE_DEFAULTS = { users: 500, budget: 0.1, method: 'best', minItems: 10, maxAttributes: 64 } as const;

export interface CalibrateSummary {
  readonly [name: string]: string | number | Readonly<Record<string, number>>;
  /** What is evaluated and published with the map. */
  readonly dictionary: string;
  readonly attributes: number;
  readonly unitLift: number;
  /** How many attributes each method steers best. */
  readonly methods: Readonly<Record<string, number>>;
}

const MAP = 'steering-map.json';

export async function runCalibrate(
  context: TrainingContext,
  parameters: CalibrateParameters,
): Promise<StepResult<CalibrateSummary>> {
  const { dir, print, runtime } = context;
  const { split: kind, force = false, dictionary: wanted, ...settings } = parameters;
  const sae = await requireStep(dir, 'sae', kind);
  const { name: dictionary } = (await dictionaryEntry(dir, kind, wanted)).settings;
  const step = {
    name: 'calibrate',
    folder: stepFolder(dir, 'calibrate', kind),
    inputs: { sae: sae.hash, dictionary, engine: runtime.name, ...settings },
    run: async (folder: string): Promise<CalibrateSummary> => {
      const map = await calibrate(context, { ...parameters, dictionary }, folder);
      await writeFileAtomic(join(folder, MAP), `${JSON.stringify(map, null, 1)}\n`);
      const methods = Object.fromEntries(
        Object.entries(Object.groupBy(map.attributes, ({ method }) => method)).map(([method, all]) => [
          method,
          all.length,
        ]),
      );
      return { dictionary, attributes: map.attributes.length, unitLift: map.unitLift, methods };
    },
  };
  const result = await runStep(step, { force, print });
  const { attributes, unitLift, methods } = result.summary;
  const best = Object.entries(methods)
    .map(([method, count]) => `${method} ${count}`)
    .join(', ');
  print(
    `calibrate: ${attributes} attributes (best steered by: ${best || 'none'}); gain 1 is a lift of ${unitLift.toFixed(2)}`,
  );
  return result;
}

/** The map of a finished calibration. */
export async function loadSteeringMap(dir: string, kind: SplitKind): Promise<SteeringMap> {
  await requireStep(dir, 'calibrate', kind);
  return SteeringMapSchema.parse(JSON.parse(await readFile(join(stepFolder(dir, 'calibrate', kind), MAP), 'utf8')));
}

async function calibrate(
  { dir, signal }: TrainingContext,
  parameters: CalibrateParameters,
  folder: string,
): Promise<SteeringMap> {
  const { model, shape, split, saeShape } = await loadDictionary(dir, parameters.split, parameters.dictionary);
  const settings = { ...parameters, layer: saeShape.layer };
  const set = readActivations(model, split.sae, { window: shape.window, ...saeShape });
  const candidates = candidatesFor(attributesOf(split, parameters), set, model.sae);
  // Users that GPTRec never saw, where the split has such; none of the test either way.
  const cases = casesOf(parameters.split === 'paper' ? split.sae : split.validation).slice(0, parameters.users);
  const bench = new SweepBench(model, cases, { window: shape.window, items: split.items.length });
  const progress = createProgress({ label: 'calibrate', total: candidates.length, unit: 'attributes' });
  const measured = await measuredBefore(folder);
  try {
    const calibrated: CalibratedAttribute[] = [];
    for (const candidate of candidates) {
      await breathe(signal);
      const methods = measured.get(candidate.attribute) ?? measureMethods(bench, candidate, settings);
      measured.set(candidate.attribute, methods);
      calibrated.push({ candidate, methods });
      await writeFileAtomic(join(folder, MEASURED), `${JSON.stringify([...measured])}\n`);
      progress.tick(calibrated.length, candidate.attribute);
    }
    progress.end();
    return steeringMap(calibrated, bench, settings);
  } finally {
    bench.close();
  }
}

/** Every measured point, kept after each attribute: an interrupted calibration goes on from it. */
const MEASURED = 'measured.json';
const MeasuredSchema = z.array(z.tuple([z.string(), z.custom<CalibratedAttribute['methods']>(Array.isArray)]));

async function measuredBefore(folder: string): Promise<Map<string, CalibratedAttribute['methods']>> {
  const bytes = await readIfPresent(join(folder, MEASURED));
  return new Map(bytes && MeasuredSchema.parse(JSON.parse(bytes.toString())));
}

/** The attributes borne by most items. */
function attributesOf(
  { attributeItems, attributeNames }: Split,
  { minItems, maxAttributes }: CalibrateParameters,
): Pick<Candidate, 'attribute' | 'items'>[] {
  return attributeItems
    .map((items, index) => ({ items, attribute: attributeNames[index] ?? '' }))
    .filter(({ items }) => items.length >= minItems)
    .sort((a, b) => b.items.length - a.items.length)
    .slice(0, maxAttributes);
}
