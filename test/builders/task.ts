/** One task by itself: its context, and a way to stop time inside a step. */
import { createCodec } from '../../src/events/codec.js';
import { SINGLE_OBJECT } from '../../src/events/wire-format.js';
import { SILENT } from '../../src/ops/logger.js';
import type { Log } from '../../src/ports/log.js';
import type { StateStore } from '../../src/ports/state-store.js';
import type { Recommender } from '../../src/recommend/recommender.js';
import { canonicalSettings } from '../../src/state/settings.js';
import { CatalogueView } from '../../src/stream/catalogue-view.js';
import { Gate } from '../../src/stream/gate.js';
import { createInputDecoder } from '../../src/stream/inputs.js';
import { createOutputs } from '../../src/stream/outputs.js';
import type { StepName } from '../../src/stream/steps.js';
import type { SharedRecommender, TaskContext } from '../../src/stream/task-context.js';
import { echoRecommender, TEST_SETTINGS } from './stream.js';

const ENCODERS = {
  lists: createCodec('recommendation-list'),
  deadLetters: createCodec('dead-letter'),
  profiles: createCodec('profile-event'),
};

/** A task on a log whose input topics have `partitions` partitions; `change` replaces parts of it. */
export function taskContext(
  log: Log,
  store: StateStore,
  change: Partial<TaskContext> = {},
  partitions = 1,
): TaskContext {
  const settings = change.settings ?? TEST_SETTINGS;
  return {
    task: { partition: 0 },
    log,
    store,
    recommender: shared(echoRecommender(new CatalogueView(log, settings.topics.catalogue, SILENT, SINGLE_OBJECT))),
    settings,
    layout: { partitions, settings: canonicalSettings(settings.reducer) },
    decode: createInputDecoder(settings.topics, partitions, settings.maxRecordBytes, SINGLE_OBJECT),
    outputs: createOutputs(ENCODERS, settings.topics),
    now: () => 1_800_000_000_000,
    logger: SILENT,
    gate: new Gate(),
    onStep: async () => undefined,
    observe: () => undefined,
    ...change,
  };
}

/** For one task alone. */
export function shared(recommender: Recommender): SharedRecommender {
  return {
    begin: () => (requests) => recommender.recommend(requests),
    catchUp: async () => recommender.catchUp?.(),
  };
}

/** Follows the steps of a task. */
export class Steps {
  readonly seen: StepName[] = [];
  #waiting: { step: StepName; resolve: () => void }[] = [];
  #held: StepName | undefined;
  #release = Promise.withResolvers<undefined>();

  readonly onStep = async (step: StepName): Promise<void> => {
    this.seen.push(step);
    const met = this.#waiting.filter((one) => one.step === step);
    this.#waiting = this.#waiting.filter((one) => one.step !== step);
    for (const { resolve } of met) resolve();
    if (step !== this.#held) return;
    this.#held = undefined;
    await this.#release.promise;
  };

  /** Resolves the next time the step is reached. */
  next(step: StepName): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ step, resolve }));
  }

  /** The task stays in this step, once, until released. Resolves when it is there. */
  hold(step: StepName): Promise<void> {
    this.#held = step;
    return this.next(step);
  }

  release(): void {
    this.#release.resolve(undefined);
  }
}
