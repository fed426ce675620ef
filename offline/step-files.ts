/** Where each step's results lie, and how a later step reads them. One run for each split. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors } from '../src/checkpoint/safetensors.js';
import type { WeightArray } from '../src/checkpoint/checkpoint.js';
import type { SplitKind } from './dataset/split.js';
import { readStep, type StepRecord } from './step.js';
import { UserError } from '../src/terminal/user-error.js';

export type StepName =
  | 'dataset'
  | 'train'
  | 'ranking'
  | 'sae'
  | 'sae-parts'
  | 'calibrate'
  | 'evaluate'
  | 'steering'
  | 'steering-parts'
  | 'concepts'
  | 'evaluate-parts'
  | 'pareto'
  | 'pareto-parts'
  | 'report';

export const stepFolder = (dir: string, step: StepName, split: SplitKind): string => join(dir, step, split);

/** The record of an earlier step. @throws UserError that names the command to run where it is not finished. */
export async function requireStep<S>(dir: string, step: StepName, split: SplitKind): Promise<StepRecord<S>> {
  const record = await readStep<S>(stepFolder(dir, step, split));
  if (record === undefined) {
    throw new UserError(
      `there is no finished ${step} for split ${split} in ${dir}: run \`npm run offline -- ${step}\` first`,
    );
  }
  return record;
}

/** What an interrupted run left in a file; undefined where it left none. */
export async function readIfPresent(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function readWeightsFile(file: string): Promise<ReadonlyMap<string, WeightArray>> {
  return readSafetensors(await readFile(file)).weights;
}
