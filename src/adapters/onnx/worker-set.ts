/**
 * The workers of one model. One that dies is replaced: what it had to answer fails and may be asked again. Where several
 * die and none answers in between, or several in a row end before they have answered anything, whatever older ones still
 * answer, something is wrong that another attempt does not mend: the model is broken, whoever asks it hears so, and the
 * process ends.
 */
import { Backoff, pause } from '../../ops/backoff.js';
import type { Masks } from './masks.js';
import type { BatchMessage, RankedMessage } from './messages.js';
import type { WorkerThread } from './worker-thread.js';

/** Deaths in a row, of which the last breaks the model. */
const DEATHS = 4;
/** Batches that a worker has at once: the next is there when one is answered, also while the main thread is busy. */
const UNDER_WAY = 2;

export interface WorkerSetOptions {
  readonly count: number;
  readonly masks: Masks;
  /** Of replacements, after workers that have answered nothing: to open a model is dear. */
  readonly backoff: { readonly firstMs: number; readonly longestMs: number };
  readonly start: () => WorkerThread;
  readonly onDeath: (why: Error) => void;
  readonly onBroken: (why: Error) => void;
}

export class WorkerSet {
  readonly #options: WorkerSetOptions;
  readonly #workers = new Set<WorkerThread>();
  /** Those that have answered a batch. */
  readonly #proven = new WeakSet<WorkerThread>();
  readonly #backoff: Backoff;
  readonly #ending = new AbortController();
  /** Deaths since any answer. */
  #deaths = 0;
  /** Deaths of workers that had answered nothing, since the first answer of one. */
  #inVain = 0;
  #fault: Error | undefined;
  #changed: () => void = () => undefined;

  private constructor(options: WorkerSetOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
  }

  /** @throws Error with the reason where the checkpoint cannot be used, or a worker dies of it; none is left then. */
  static async open(options: WorkerSetOptions): Promise<WorkerSet> {
    const set = new WorkerSet(options);
    // Known before a death is heard of: what dies of its checkpoint is not replaced.
    const started = Array.from({ length: options.count }, () =>
      set.#start().ready.catch((error: unknown) => {
        set.#ending.abort();
        throw error;
      }),
    );
    try {
      await Promise.all(started);
    } catch (error) {
      await set.end();
      throw error;
    }
    return set;
  }

  /** Calls it when there is a worker again, and when there never will be. */
  onChange(listener: () => void): void {
    this.#changed = listener;
  }

  get count(): number {
    return this.#options.count;
  }

  /** Why there will be no worker any more. */
  get fault(): Error | undefined {
    return this.#fault;
  }

  /** The one with least to do that can take a batch now. */
  free(): WorkerThread | undefined {
    const [least] = [...this.#workers].sort((a, b) => a.load - b.load);
    return least && least.load < UNDER_WAY ? least : undefined;
  }

  /** @throws Unavailable when the worker dies; Error when the model fails */
  async rank(worker: WorkerThread, batch: BatchMessage, masks: readonly Uint8Array[]): Promise<RankedMessage> {
    for (const given of masks) {
      const { id, mask } = this.#options.masks.of(given);
      if (!worker.hasMask(id)) worker.give(id, mask);
    }
    const answer = worker.rank(batch);
    const gone = this.#options.masks.trim();
    for (const one of this.#workers) for (const id of gone) one.forget(id);
    const ranked = await answer;
    this.#answered(worker);
    return ranked;
  }

  /** Lets them end after what they have to answer; resolves when none is left. */
  async end(): Promise<void> {
    this.#ending.abort();
    const workers = [...this.#workers];
    for (const worker of workers) worker.end();
    await Promise.all(workers.map(({ exited }) => exited));
  }

  #start(): WorkerThread {
    const worker = this.#options.start();
    this.#workers.add(worker);
    void worker.exited.then((why) => {
      this.#gone(worker, why);
    });
    return worker;
  }

  #answered(worker: WorkerThread): void {
    this.#deaths = 0;
    if (this.#proven.has(worker)) return;
    this.#proven.add(worker);
    this.#inVain = 0;
    this.#backoff.reset();
  }

  #gone(worker: WorkerThread, why: Error): void {
    this.#workers.delete(worker);
    if (this.#ending.signal.aborted || this.#fault) return;
    this.#deaths += 1;
    if (!this.#proven.has(worker)) this.#inVain += 1;
    this.#options.onDeath(why);
    if (Math.max(this.#deaths, this.#inVain) < DEATHS) void this.#replace();
    else this.#break(why);
  }

  async #replace(): Promise<void> {
    const { signal } = this.#ending;
    await pause(this.#backoff.next(true), signal);
    if (!signal.aborted && !this.#fault) this.#start().ready.then(this.#changed, () => undefined);
  }

  #break(why: Error): void {
    this.#fault = new Error(`the engine’s workers die again and again: ${why.message}`, { cause: why });
    this.#changed();
    this.#options.onBroken(this.#fault);
  }
}
