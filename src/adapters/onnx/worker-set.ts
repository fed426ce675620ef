/**
 * The workers of one model. One that dies is replaced: what it had to answer fails and may be asked again. Where several
 * die and none answers in between, something is wrong that another attempt does not mend: the model is broken, whoever
 * asks it hears so, and the process ends.
 */
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
  readonly start: () => WorkerThread;
  readonly onDeath: (why: Error) => void;
}

export class WorkerSet {
  readonly #options: WorkerSetOptions;
  readonly #workers = new Set<WorkerThread>();
  #deaths = 0;
  #changed: () => void = () => undefined;
  #isEnding = false;

  private constructor(options: WorkerSetOptions) {
    this.#options = options;
  }

  /** @throws Error with the reason where the checkpoint cannot be used, or a worker dies of it; none is left then. */
  static async open(options: WorkerSetOptions): Promise<WorkerSet> {
    const set = new WorkerSet(options);
    // Known before a death is heard of: what dies of its checkpoint is not replaced.
    const started = Array.from({ length: options.count }, () =>
      set.#start().ready.catch((error: unknown) => {
        set.#isEnding = true;
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

  get isBroken(): boolean {
    return this.#deaths >= DEATHS;
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
    this.#deaths = 0;
    return ranked;
  }

  /** Lets them end after what they have to answer; resolves when none is left. */
  async end(): Promise<void> {
    this.#isEnding = true;
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

  #gone(worker: WorkerThread, why: Error): void {
    this.#workers.delete(worker);
    if (this.#isEnding) return;
    this.#deaths += 1;
    this.#options.onDeath(why);
    if (this.isBroken) this.#changed();
    else void this.#start().ready.then(this.#changed, () => undefined);
  }
}
