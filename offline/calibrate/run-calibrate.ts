/** The calibrate step: model and SAE become a steering map. Users of the test are not looked at. */
import { disposeTensors } from '../../src/model/weights.js';
import type { SteeringMethod } from '../../src/steering/steering-map.js';
import { createProgress } from '../../src/terminal/progress.js';
import type { Json } from '../canonical-json.js';
import { UserError } from '../../src/terminal/user-error.js';
import { breathe } from '../context.js';
import type { Split, SplitKind } from '../dataset/split.js';
import { casesOf, type TestCase } from '../evaluate/cases.js';
import { SweepBench } from '../evaluate/sweep.js';
import { drawCases } from '../methods/learning-cases.js';
import { hasUnseen, recentCases, unseenUsers, usersOf } from '../methods/quarters.js';
import { LEARN_STEPS, learnedSettings, TEACHING_DEFAULTS } from '../methods/settings.js';
import { Teaching } from '../methods/teaching.js';
import { readActivations } from '../sae/activation-set.js';
import { dictionaryEntry, loadDictionary } from '../sae/run-sae.js';
import { requireStep, stepFolder } from '../step-files.js';
import { runStep, type StepResult } from '../step.js';
import type { TrainingContext } from '../training-context.js';
import { type CalibratedAttribute, type CalibrationSettings, measureMethod, steeringMap } from './calibration.js';
import { type Candidate, candidatesFor } from './candidates.js';
import { keep, type Kept, readKept } from './kept.js';
import { type LearnedArrays, learnFor, stacked, steeringTensors } from './learned.js';
import { type Lessons, lessonsFor, methodsFor } from './methods.js';
import { type Calibration, storeCalibration } from './stored.js';

export interface CalibrateParameters extends Omit<CalibrationSettings, 'layer'> {
  readonly split: SplitKind;
  /** `best` measures all and takes the best of each attribute. */
  readonly method: SteeringMethod | 'best';
  /** That directions are learned for; 0: neither they nor adapters are, and features and score terms are what there is. */
  readonly learnSteps: number;
  /** Users that lift and loss are measured on, at most. */
  readonly users: number;
  /** Attributes borne by fewer items are not steered. */
  readonly minItems: number;
  readonly maxAttributes: number;
  readonly seed: number;
  /** Name of the dictionary that steers; the first that was trained where it is left out. */
  readonly dictionary?: string;
  readonly force?: boolean;
}

export const CALIBRATE_DEFAULTS = {
  users: 500,
  budget: 0.1,
  method: 'best',
  learnSteps: LEARN_STEPS,
  minItems: 10,
  maxAttributes: 64,
  seed: 42,
} as const;

/** Goes up when the code would make another map of the same inputs: what was calibrated before is calibrated again. */
const CALIBRATE_VERSION = 2;

export interface CalibrateSummary {
  readonly [name: string]: string | number | Readonly<Record<string, number>>;
  /** What is evaluated and published with the map. */
  readonly dictionary: string;
  readonly attributes: number;
  readonly unitLift: number;
  /** How many attributes each method steers best. */
  readonly methods: Readonly<Record<string, number>>;
}

export async function runCalibrate(
  context: TrainingContext,
  parameters: CalibrateParameters,
): Promise<StepResult<CalibrateSummary>> {
  const { dir, print, runtime } = context;
  const { split: kind, force = false, dictionary: wanted, ...settings } = parameters;
  const { directions, adapter } = lessonsFor(settings.method);
  if (settings.learnSteps === 0 && settings.method !== 'best' && (directions || adapter)) {
    throw new UserError(`${settings.method} has to be learned: give --learn-steps at least 1`);
  }
  const sae = await requireStep(dir, 'sae', kind);
  const { name: dictionary } = (await dictionaryEntry(dir, kind, wanted)).settings;
  const step = {
    name: 'calibrate',
    folder: stepFolder(dir, 'calibrate', kind),
    inputs: {
      ...{ version: CALIBRATE_VERSION, sae: sae.hash, dictionary, engine: runtime.name, ...settings },
      ...(settings.learnSteps > 0 && { learned: learnedInputs(settings.learnSteps) }),
    },
    run: async (folder: string): Promise<CalibrateSummary> => {
      const calibration = await calibrate(context, { ...parameters, dictionary }, folder);
      await storeCalibration(folder, calibration);
      const { map } = calibration;
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

function learnedInputs(steps: number): Json {
  const { hybrid, adapter } = learnedSettings(steps);
  return { hybrid: { ...hybrid }, adapter: { ...adapter }, ...TEACHING_DEFAULTS };
}

async function calibrate(
  { dir, signal }: TrainingContext,
  parameters: CalibrateParameters,
  folder: string,
): Promise<Calibration> {
  const { model, shape, split, saeShape } = await loadDictionary(dir, parameters.split, parameters.dictionary);
  const { method, seed } = parameters;
  const lessons = lessonsFor(method);
  const isLearning = parameters.learnSteps > 0 && (lessons.directions || lessons.adapter);
  const settings = { budget: parameters.budget, layer: saeShape.layer };
  const set = readActivations(model, split.sae, { window: shape.window, ...saeShape });
  const candidates = candidatesFor(attributesOf(split, parameters), set, model.sae);
  // Half of the users teach where methods are learned: they would judge them too well.
  const unseen = unseenUsers(split);
  const measuring = isLearning ? usersOf(unseen, [2, 3]) : unseen;
  const sizes = { window: shape.window, items: split.items.length };
  const bench = new SweepBench(model, drawCases(casesOf(measuring), parameters.users, seed), sizes);
  const teachers = { unseen: usersOf(unseen, [0, 1]), seen: split.train };
  const teaching = new Teaching(model, shape.window, teachers, { ...TEACHING_DEFAULTS, seed });
  const wished = recentCases(hasUnseen(split), casesOf(measuring), RECENT);
  const progress = createProgress({ label: 'calibrate', total: candidates.length, unit: 'attributes' });
  const kept = await readKept(folder);
  const measure = (candidate: Candidate): Kept => {
    const arrays = isLearning
      ? learnFor(model, teaching, candidate.items, lessons, learnedSettings(parameters.learnSteps))
      : undefined;
    const steering = arrays && steeringTensors(arrays);
    const wishes = wishesFor(wished, candidate, seed);
    const asked = wishes.length > 0 ? { cases: wishes, bench: new SweepBench(model, wishes, sizes) } : undefined;
    try {
      const methods = methodsFor(candidate, method, arrays ? lessons : NOTHING).map((one) =>
        measureMethod(bench, asked, candidate, one, settings, steering),
      );
      return { methods, wishers: wishes.map(({ user }) => user), ...(arrays && { arrays }) };
    } finally {
      asked?.bench.close();
      if (steering) disposeTensors(steering);
    }
  };
  try {
    const calibrated: CalibratedAttribute[] = [];
    for (const candidate of candidates) {
      await breathe(signal);
      const { attribute } = candidate;
      const found = kept.get(attribute) ?? measure(candidate);
      if (!kept.has(attribute)) await keep(folder, kept.set(attribute, found));
      calibrated.push({ candidate, methods: found.methods, wishers: found.wishers });
      progress.tick(calibrated.length, attribute);
    }
    progress.end();
    const { map, directions, adapters } = steeringMap(calibrated, bench, settings, method);
    const arraysOf = (names: readonly string[]): LearnedArrays[] =>
      names.flatMap((name) => kept.get(name)?.arrays ?? []);
    return { map, ...stacked(arraysOf(directions), arraysOf(adapters)) };
  } finally {
    bench.close();
    teaching.close();
  }
}

const NOTHING: Lessons = { directions: false, adapter: false };

/** Last cases of each user among which wishes are found, and how many of an attribute are looked at. */
const RECENT = 10;
const WISHES = 1000;

function wishesFor(cases: readonly TestCase[], { items }: Candidate, seed: number): TestCase[] {
  const bearers = new Set(items);
  return drawCases(
    cases.filter(({ target }) => bearers.has(target)),
    WISHES,
    seed,
  );
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
