/** What calibration has of each attribute, kept after each of them: an interrupted one goes on from it. */
import { join } from 'node:path';
import { z } from 'zod';
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import { readSafetensors, writeSafetensors } from '../../src/checkpoint/safetensors.js';
import { writeFileAtomic } from '../files.js';
import { readIfPresent } from '../step-files.js';
import type { CalibratedAttribute } from './calibration.js';
import type { LearnedArrays } from './learned.js';

export interface Kept extends Omit<CalibratedAttribute, 'candidate'> {
  /** Absent where nothing was learned. */
  readonly arrays?: LearnedArrays;
}

/** Every measured point. */
const MEASURED = 'measured.json';
/** What was learned of an attribute, under its name and a colon. Written first: what was measured needs it. */
const LEARNED = 'learned.safetensors';

type Measured = Omit<Kept, 'arrays'>;
const MeasuredSchema = z.array(z.tuple([z.string(), z.custom<Measured>((value) => typeof value === 'object')]));

export async function keep(folder: string, kept: ReadonlyMap<string, Kept>): Promise<void> {
  const weights = [...kept].flatMap(([attribute, { arrays = new Map<string, WeightArray>() }]) =>
    [...arrays].map(([name, array]) => [`${attribute}:${name}`, array] as const),
  );
  await writeFileAtomic(join(folder, LEARNED), writeSafetensors(new Map(weights)));
  const measured = [...kept].map(([attribute, { methods, wishers }]) => [attribute, { methods, wishers }]);
  await writeFileAtomic(join(folder, MEASURED), `${JSON.stringify(measured)}\n`);
}

export async function readKept(folder: string): Promise<Map<string, Kept>> {
  const [measured, learned] = await Promise.all([MEASURED, LEARNED].map((name) => readIfPresent(join(folder, name))));
  if (measured === undefined || learned === undefined) return new Map();
  const byAttribute = new Map<string, Map<string, WeightArray>>();
  for (const [key, array] of readSafetensors(learned).weights) {
    const colon = key.lastIndexOf(':');
    const [attribute, name] = [key.slice(0, colon), key.slice(colon + 1)];
    const own = byAttribute.get(attribute) ?? new Map<string, WeightArray>();
    byAttribute.set(attribute, own.set(name, array));
  }
  return new Map(
    MeasuredSchema.parse(JSON.parse(measured.toString())).map(([attribute, found]) => {
      const arrays = byAttribute.get(attribute);
      return [attribute, { ...found, ...(arrays && { arrays }) }];
    }),
  );
}
