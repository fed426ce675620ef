/**
 * The stream processor of one instance: follows the catalogue, joins the group, and runs every task it is given, each by
 * itself (a serial queue; one that pauses or stops does not hold up the others).
 */
import type { WireFormat } from '../events/wire-format.js';
import { Backoff, pause } from '../ops/backoff.js';
import type { Logger } from '../ops/logger.js';
import { StartRefused, Unavailable } from '../ports/errors.js';
import { STREAM_BATCHES } from '../ports/engine.js';
import type { Log, Membership, Task } from '../ports/log.js';
import type { StateStore } from '../ports/state-store.js';
import type { Recommender } from '../recommend/recommender.js';
import { canonicalSettings } from '../state/settings.js';
import type { CatalogueView } from './catalogue-view.js';
import { Gate } from './gate.js';
import { createInputDecoder } from './inputs.js';
import { type Outputs, openOutputs } from './outputs.js';
import type { Observe } from './report.js';
import type { StreamSettings } from './settings.js';
import type { OnStep } from './steps.js';
import type { SharedRecommender, TaskContext } from './task-context.js';
import { TaskRunner } from './task-runner.js';
import type { TaskStatus } from './task-status.js';
import { Turns } from './turns.js';

export interface ProcessorParts {
  readonly log: Log;
  readonly store: StateStore;
  /** Of the catalogue topic; the recommender looks at the same one. */
  readonly catalogue: CatalogueView;
  /**
   * Called by few tasks at once. It takes what it needs of the catalogue before it first waits, and a list names that: another
   * task may move the catalogue on meanwhile.
   */
  readonly recommender: Recommender;
  readonly settings: StreamSettings;
  /** How records are written; the catalogue is read by the same one. */
  readonly wire: WireFormat;
  readonly logger: Logger;
  /** Ms since the epoch; default: the machine's clock. */
  readonly now?: () => number;
  readonly onStep?: OnStep;
  /** Told of every batch, take-over and interruption. */
  readonly observe?: Observe;
  /** A fault of ours or of the machine: the process should end. */
  readonly onFault: (error: unknown) => void;
}

export interface ProcessorStatus {
  /** The catalogue was read, and this member has tasks which all run: a standby is not ready. */
  readonly ready: boolean;
  readonly phase: 'new' | 'reading-catalogue' | 'standby' | 'working' | 'closed';
  readonly catalogue: { readonly loaded: boolean; readonly items: number; readonly rejected: number };
  readonly tasks: readonly TaskStatus[];
}

export class Processor {
  readonly #parts: ProcessorParts;
  readonly #runners = new Map<number, TaskRunner>();
  readonly #membership = Promise.withResolvers<Membership>();
  readonly #closing = new AbortController();
  readonly #recommending = new Turns(STREAM_BATCHES);
  readonly #gate = new Gate();
  #phase: ProcessorStatus['phase'] = 'new';
  #starting: Promise<void> | undefined;
  #newContext: ((task: Task) => TaskContext) | undefined;

  constructor(parts: ProcessorParts) {
    this.#parts = parts;
    this.#membership.promise.catch(() => undefined);
  }

  /**
   * Reads the catalogue, then joins the group; resolves once joined. Waits for a log that is unavailable.
   * @throws TopicMissing; StartRefused when the input topics differ in partitions, or a schema is refused
   */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  status(): ProcessorStatus {
    const { loaded, size, rejected } = this.#parts.catalogue;
    const tasks = [...this.#runners.values()].map((runner) => runner.status);
    const working = this.#phase === 'standby' && tasks.length > 0;
    return {
      ready: loaded && working && tasks.every(({ phase }) => phase === 'running'),
      phase: working ? 'working' : this.#phase,
      catalogue: { loaded, items: size, rejected },
      tasks: tasks.sort((a, b) => a.partition - b.partition),
    };
  }

  /** Finishes batches in flight, gives the tasks up and leaves the group. Log and store stay open. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#starting?.catch(() => undefined);
    this.#membership.reject(new Error('the processor was closed before it joined its group'));
    const membership = await this.#membership.promise.catch(() => undefined);
    await membership?.leave();
    await this.#revoke([...this.#runners.keys()].map((partition) => ({ partition })));
    this.#phase = 'closed';
  }

  async #start(): Promise<void> {
    const { log, settings, wire, catalogue, logger } = this.#parts;
    this.#phase = 'reading-catalogue';
    const partitions = await this.#patiently(async () => {
      const interactions = (await log.extents(settings.topics.interactions)).length;
      const profiles = (await log.extents(settings.topics.profiles)).length;
      if (interactions === profiles) return interactions;
      throw new StartRefused(
        `"${settings.topics.interactions}" has ${interactions} partitions and "${settings.topics.profiles}" ${profiles}: ` +
          'a user must lie on the same partition of both',
      );
    });
    const outputs = await this.#patiently(() => openOutputs(wire, settings.topics));
    if (partitions === undefined || outputs === undefined) return;
    this.#newContext = this.#contexts(partitions, outputs);
    await this.#patiently(() => catalogue.catchUp());
    logger.info('catalogue read', { items: catalogue.size, rejected: catalogue.rejected });
    const membership = await this.#patiently(() =>
      log.join(settings.group, settings.topics, {
        assigned: (tasks) => {
          this.#assign(tasks);
        },
        revoked: (tasks) => this.#revoke(tasks),
        paused: () => this.#gate.close(),
        resumed: () => {
          this.#gate.open();
        },
      }),
    );
    if (!membership) return;
    this.#phase = 'standby';
    this.#membership.resolve(membership);
  }

  /** Tries again while the log is unavailable; undefined when closed meanwhile. */
  async #patiently<T>(work: () => Promise<T>): Promise<T | undefined> {
    const backoff = new Backoff(this.#parts.settings.backoff);
    while (!this.#closing.signal.aborted) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        this.#parts.logger.warn('the log or the schema registry is unavailable, waiting', { error });
        await pause(backoff.next(false), this.#closing.signal);
      }
    }
    return undefined;
  }

  #contexts(partitions: number, outputs: Outputs): (task: Task) => TaskContext {
    const { log, store, settings, wire, logger, now = Date.now, onStep, observe = () => undefined } = this.#parts;
    const decode = createInputDecoder(settings.topics, partitions, settings.maxRecordBytes, wire);
    const layout = { partitions, settings: canonicalSettings(settings.reducer) };
    const recommender = this.#current();
    return (task) => ({
      task,
      log,
      store,
      recommender,
      settings,
      layout,
      decode,
      outputs,
      now,
      logger,
      gate: this.#gate,
      onStep: async (step) => {
        await onStep?.(step, task);
      },
      observe,
    });
  }

  /** The recommender, over the catalogue as it is now. */
  #current(): SharedRecommender {
    const { catalogue, recommender, settings } = this.#parts;
    return {
      begin: () => {
        const looking = catalogue.look(settings.catalogueMs);
        // Who recommends hears of a failure.
        looking.catch(() => undefined);
        return async (requests, onTurn) => {
          const ends = await looking;
          return this.#recommending.run(async () => {
            onTurn();
            if (catalogue.isBehind(ends)) await catalogue.catchUp();
            return recommender.recommend(requests);
          });
        };
      },
      catchUp: async () => recommender.catchUp?.(),
    };
  }

  #assign(tasks: readonly Task[]): void {
    if (!this.#newContext || this.#closing.signal.aborted) return;
    for (const task of tasks) {
      const heartbeat = async (): Promise<void> => (await this.#membership.promise).heartbeat();
      const runner = new TaskRunner(this.#newContext(task), heartbeat);
      this.#runners.set(task.partition, runner);
      runner.run().catch((error: unknown) => {
        this.#parts.logger.error('task failed', { partition: task.partition, error });
        this.#parts.onFault(error);
      });
    }
  }

  async #revoke(tasks: readonly Task[]): Promise<void> {
    await Promise.all(
      tasks.map(async ({ partition }) => {
        const runner = this.#runners.get(partition);
        await runner?.stop();
        if (this.#runners.get(partition) === runner) this.#runners.delete(partition);
      }),
    );
  }
}
