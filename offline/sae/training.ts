/**
 * Trains several dictionaries in one pass: all of them see the same batches of positions, each of them the activations
 * of its own place. A dictionary's weights are the same whichever others are trained beside it.
 */
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Tensor2D } from '@tensorflow/tfjs';
import type { WeightArray } from '../../src/checkpoint/checkpoint.js';
import type { SaeShape } from '../../src/model/shapes.js';
import { saveTensors } from '../../src/model/weights.js';
import { createProgress } from '../../src/terminal/progress.js';
import { disposeOptimised } from '../train/optimised.js';
import type { DictionarySettings, Schedule, SetsByPlace, Trained } from './dictionary.js';
import { recipeOf } from './recipes.js';
import { batchRows, type SaeState, saeStep, startSae } from './sae-step.js';
import { loadSaeState, saveSaeState } from './sae-state.js';
import { SharedActivations } from './shared-activations.js';

/** A dictionary as it will serve. */
export interface TrainedDictionary {
  readonly shape: SaeShape;
  readonly weights: ReadonlyMap<string, WeightArray>;
}

/** Steps between two saved states. */
const SAVE_EVERY = 200;
/** Batches that a threshold for serving is taken from. */
const SERVE_BATCHES = 100;

/**
 * Resumes each dictionary from its state in the folder, where there is one.
 * @throws the signal's reason when it is aborted.
 */
export async function trainDictionaries(
  sets: SetsByPlace,
  dictionaries: readonly DictionarySettings[],
  schedule: Schedule,
  folder: string,
  signal: AbortSignal,
): Promise<TrainedDictionary[]> {
  const data = new SharedActivations(sets, dictionaries);
  const runs: Run[] = [];
  try {
    for (const settings of dictionaries) runs.push(await Run.open(settings, schedule, data, folder));
    const progress = createProgress({ label: 'SAE', total: schedule.steps, unit: 'steps' });
    const first = Math.min(...runs.map((run) => run.step));
    if (first > 0) progress.tick(first, 'resumed');
    for (let step = first; step < schedule.steps; step++) {
      signal.throwIfAborted();
      const behind = runs.filter((run) => run.step === step);
      data.withBatch(batchRows(schedule, step + 1, data.rows), (batch) => {
        for (const run of behind) run.update(batch(run.settings));
      });
      const done = step + 1;
      if (done % 50 === 0 || done === schedule.steps) {
        progress.tick(done, `loss ${runs.map((run) => run.loss.toFixed(4)).join(' ')}`);
        await new Promise(setImmediate);
      }
      if (done % SAVE_EVERY === 0) for (const run of behind) await run.save();
    }
    progress.end();
    return runs.map((run) => run.finish(data));
  } finally {
    for (const run of runs) run.dispose();
    data.dispose();
  }
}

/** One dictionary under way; owns its tensors. */
class Run {
  #state: SaeState;
  loss = Number.NaN;

  private constructor(
    readonly settings: DictionarySettings,
    readonly schedule: Schedule,
    readonly file: string,
    state: SaeState,
  ) {
    this.#state = state;
  }

  static async open(
    settings: DictionarySettings,
    schedule: Schedule,
    { width }: SharedActivations,
    folder: string,
  ): Promise<Run> {
    const file = path.join(folder, `${settings.name}.training-state.safetensors`);
    const state = (await loadSaeState(file, settings, width)) ?? startSae(settings, width, schedule.seed);
    return new Run(settings, schedule, file, state);
  }

  get step(): number {
    return this.#state.moments.step;
  }

  update(x: Tensor2D): void {
    const { loss, ...next } = saeStep(this.#state, x, this.settings, this.schedule);
    this.#state = next;
    this.loss = loss;
  }

  save(): Promise<void> {
    return saveSaeState(this.file, this.#state);
  }

  finish(activations: SharedActivations): TrainedDictionary {
    const { features, place, sparsity } = this.settings;
    const { data, mean, std } = activations.of(this.settings);
    const sample = (): Iterable<Tensor2D> => batchesOf(data, this.schedule);
    const { weights } = this.#state;
    const { activation, threshold } = recipeOf(sparsity).serve(weights, sample);
    const arrays = saveTensors(coreOf(weights), 'sae');
    arrays.set('sae.scaling', { shape: [2], data: Float32Array.of(mean, std) });
    if (threshold) arrays.set('sae.threshold', { shape: [features], data: threshold });
    return { shape: { width: activations.width, features, ...place, activation }, weights: arrays };
  }

  dispose(): void {
    disposeOptimised(this.#state);
  }
}

const coreOf = ({ logThreshold: _, ...core }: Trained): Trained => core;

/** Random batches as in training, after its own. Each is disposed of when the next is taken. */
function* batchesOf(data: Tensor2D, schedule: Schedule): Generator<Tensor2D> {
  for (let i = 1; i <= SERVE_BATCHES; i++) {
    const batch: Tensor2D = tf.gather(data, batchRows(schedule, schedule.steps + i, data.shape[0]));
    try {
      yield batch;
    } finally {
      batch.dispose();
    }
  }
}
