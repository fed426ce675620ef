/** What an interrupted training of a dictionary goes on from. */
import { readSafetensors, writeSafetensors } from '../../src/checkpoint/safetensors.js';
import { saeShapes } from '../../src/model/sae.js';
import { loadTensors } from '../../src/model/weights.js';
import { writeFileAtomic } from '../files.js';
import { readIfPresent } from '../step-files.js';
import { fromArrays, toArrays } from '../train/optimised.js';
import type { Trained } from './dictionary.js';
import { recipeOf } from './recipes.js';
import type { SaeSettings, SaeState } from './sae-step.js';

const IDLE = 'idle';

export async function saveSaeState(file: string, state: SaeState): Promise<void> {
  const arrays = toArrays(state, 'sae').set(IDLE, { shape: [state.idle.length], data: state.idle });
  await writeFileAtomic(file, writeSafetensors(arrays, { step: String(state.moments.step) }));
}

/** Undefined where nothing was saved. */
export async function loadSaeState(file: string, settings: SaeSettings, width: number): Promise<SaeState | undefined> {
  const bytes = await readIfPresent(file);
  if (bytes === undefined) return undefined;
  const { weights, metadata } = readSafetensors(bytes);
  const shapes = trainedShapes(settings, width);
  const load = (arrays: typeof weights): Trained => loadTensors(shapes, 'sae', arrays) as unknown as Trained;
  const idle = weights.get(IDLE)?.data ?? new Float32Array(settings.features);
  return { ...fromArrays(weights, Number(metadata['step']), load), idle };
}

function trainedShapes({ features, sparsity }: SaeSettings, width: number): Trained<Int32Array> {
  const shape = { width, features, layer: 1, site: 'block', activation: { kind: 'relu' } } as const;
  const { scaling: _, ...core } = saeShapes(shape);
  return {
    ...core,
    ...(recipeOf(sparsity).threshold !== undefined && { logThreshold: core.encoderBias }),
  };
}
