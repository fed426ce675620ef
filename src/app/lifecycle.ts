/**
 * From start to end of the service: make topics, read the catalogue, wait for a checkpoint, process, look for newer
 * checkpoints; then finish the batches in flight, leave the group, and close what was opened.
 *
 * HTTP listens from the beginning, so that /health/ready can say what is waited for.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BeforeApplicationShutdown, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { Config } from '../config.js';
import type { Logger } from '../ops/logger.js';
import { Unavailable } from '../ports/errors.js';
import type { Log } from '../ports/log.js';
import type { StateStore } from '../ports/state-store.js';
import type { ServingModel } from '../recommend/serving-model.js';
import type { CatalogueView } from '../stream/catalogue-view.js';
import type { Processor } from '../stream/processor.js';
import { ensureTopics, requireTopics } from './topics.js';

export interface LifecycleParts {
  readonly config: Pick<Config, 'log' | 'topics' | 'partitions' | 'checkpoints'>;
  readonly log: Log;
  readonly store: StateStore;
  readonly catalogue: CatalogueView;
  readonly model: ServingModel;
  readonly processor: Processor;
  readonly logger: Logger;
  /** The service cannot go on: the process should end. */
  readonly onFault: (error: unknown) => void;
}

export class Lifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #parts: LifecycleParts;
  readonly #stop = new AbortController();
  #work: Promise<void> | undefined;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  onApplicationBootstrap(): void {
    this.#work = this.#run().catch(this.#parts.onFault);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stop.abort();
    await this.#parts.processor.close();
    await this.#work;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#parts.model.close();
    await this.#parts.store.close();
    await this.#parts.log.close();
  }

  async #run(): Promise<void> {
    const { config, log, catalogue, model, processor, logger } = this.#parts;
    if (config.log === 'embedded') await ensureTopics(log, config.topics, config.partitions);
    else await this.#patiently(() => requireTopics(log, config.topics));
    await this.#patiently(() => catalogue.catchUp());
    let isProcessing = false;
    while (!this.#stop.signal.aborted) {
      await this.#refresh();
      if (model.current !== undefined && !isProcessing) {
        await processor.start();
        isProcessing = true;
      } else if (!isProcessing) logger.info('waiting for a checkpoint', { place: model.place });
      await this.#pause();
    }
  }

  /** Looks for a newer checkpoint. Whatever goes wrong, what serves, serves on. */
  async #refresh(): Promise<void> {
    try {
      await this.#parts.model.refresh();
    } catch (error) {
      // What is unavailable says what to do; the rest is ours to explain.
      const why = error instanceof Unavailable ? { reason: error.message } : { error };
      this.#parts.logger.error('cannot look for checkpoints', why);
    }
  }

  async #patiently(work: () => Promise<void>): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await work();
        return;
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        this.#parts.logger.warn('the log is unavailable, waiting', { error });
        await this.#pause();
      }
    }
  }

  /** Ends early when the service is to stop. */
  async #pause(): Promise<void> {
    const { signal } = this.#stop;
    await sleep(this.#parts.config.checkpoints.pollMs, undefined, { signal }).catch(() => undefined);
  }
}
