/** What calibration made, as files of its step. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import { readSafetensors, writeSafetensors } from '../../src/checkpoint/safetensors.js';
import { type SteeringShape, SteeringShapeSchema } from '../../src/model/shapes.js';
import { type SteeringMap, SteeringMapSchema } from '../../src/steering/steering-map.js';
import { UserError } from '../../src/terminal/user-error.js';
import type { SplitKind } from '../dataset/split.js';
import { writeFileAtomic } from '../files.js';
import { readIfPresent, requireStep, stepFolder } from '../step-files.js';

/** The map, and the directions and adapters that it names, as a checkpoint holds them. */
export interface Calibration {
  readonly map: SteeringMap;
  readonly shape: SteeringShape;
  /** `steering.*` */
  readonly weights: ReadonlyMap<string, WeightArray>;
}

const MAP = 'steering-map.json';
const SHAPE = 'steering-shape.json';
const WEIGHTS = 'steering.safetensors';

export async function storeCalibration(folder: string, { map, shape, weights }: Calibration): Promise<void> {
  await writeFileAtomic(join(folder, MAP), `${JSON.stringify(map, null, 1)}\n`);
  await writeFileAtomic(join(folder, SHAPE), `${JSON.stringify(shape)}\n`);
  await writeFileAtomic(join(folder, WEIGHTS), writeSafetensors(weights));
}

/** Of a finished calibration. @throws UserError for one of an older version */
export async function loadCalibration(dir: string, kind: SplitKind): Promise<Calibration> {
  await requireStep(dir, 'calibrate', kind);
  const folder = stepFolder(dir, 'calibrate', kind);
  const shape = await readIfPresent(join(folder, SHAPE));
  if (shape === undefined) {
    throw new UserError(
      `the calibration of split ${kind} is an older version's: run \`npm run offline -- calibrate\` again`,
    );
  }
  return {
    map: SteeringMapSchema.parse(JSON.parse(await readFile(join(folder, MAP), 'utf8'))),
    shape: SteeringShapeSchema.parse(JSON.parse(shape.toString())),
    weights: readSafetensors(await readFile(join(folder, WEIGHTS))).weights,
  };
}
