/**
 * One worker of a model. It keeps the process alive only while it has something to do.
 *
 *   starting --ready--> working --end--> ended
 *      |                   |
 *      +---- unusable -----+---- died: whatever it had to answer fails
 */
import { Worker } from 'node:worker_threads';
import { Unavailable } from '../../ports/errors.js';
import {
  type BatchMessage,
  type FromWorker,
  type RankedMessage,
  type ToWorker,
  transfersOf,
  type WorkerStart,
} from './messages.js';

/** Of a worker's heap: what a batch leaves behind is little, and more than this made no list faster. */
const YOUNG_MB = 8;

export class WorkerThread {
  readonly #worker: Worker;
  readonly #ready = Promise.withResolvers<undefined>();
  readonly #exited = Promise.withResolvers<Unavailable>();
  readonly #batches = new Map<number, PromiseWithResolvers<RankedMessage>>();
  readonly #masks = new Set<number>();
  #isReady = false;
  #isEnding = false;
  #error: unknown;

  constructor(file: URL, start: WorkerStart) {
    // Without the flags of the process: not all are for workers, and its young generation suits much more garbage.
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MB };
    this.#worker = new Worker(file, { workerData: start, execArgv: [], resourceLimits });
    this.#ready.promise.catch(() => undefined);
    this.#worker.on('message', (message: FromWorker) => {
      this.#on(message);
    });
    this.#worker.on('error', (error) => {
      this.#error = error;
    });
    this.#worker.on('exit', (code) => {
      this.#gone(code);
    });
  }

  /** Rejects where it cannot use the checkpoint. */
  get ready(): Promise<unknown> {
    return this.#ready.promise;
  }

  /** When the thread is no more; tells why, where that was not asked for. */
  get exited(): Promise<Unavailable> {
    return this.#exited.promise;
  }

  /** Batches under way; infinite while it cannot take any. */
  get load(): number {
    return this.#isReady ? this.#batches.size : Infinity;
  }

  /** @throws Unavailable when the worker dies before it answers; Error when the model fails */
  rank(batch: BatchMessage): Promise<RankedMessage> {
    const answer = Promise.withResolvers<RankedMessage>();
    this.#batches.set(batch.id, answer);
    this.#worker.ref();
    this.#post(batch, transfersOf(batch));
    return answer.promise;
  }

  hasMask(id: number): boolean {
    return this.#masks.has(id);
  }

  give(id: number, mask: Uint8Array): void {
    this.#masks.add(id);
    this.#post({ kind: 'mask', id, mask });
  }

  /** After the batches that name it. */
  forget(id: number): void {
    if (this.#masks.delete(id)) this.#post({ kind: 'forget', id });
  }

  /** After the batches under way; the process waits for it. */
  end(): void {
    this.#isEnding = true;
    this.#worker.ref();
    this.#post({ kind: 'end' });
  }

  #post(message: ToWorker, transfer: Parameters<Worker['postMessage']>[1] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #on(message: FromWorker): void {
    if (message.kind === 'ready') {
      this.#isReady = true;
      if (!this.#isEnding) this.#worker.unref();
      this.#ready.resolve(undefined);
    } else if (message.kind === 'unusable') {
      this.#error = new Error(message.reason);
      this.#ready.reject(this.#error);
    } else {
      const answer = this.#batches.get(message.id);
      this.#batches.delete(message.id);
      if (this.#batches.size === 0 && !this.#isEnding) this.#worker.unref();
      if (message.kind === 'ranked') answer?.resolve(message);
      else answer?.reject(new Error(message.reason));
    }
  }

  #gone(code: number): void {
    this.#isReady = false;
    const reason = this.#error instanceof Error ? `: ${this.#error.message}` : '';
    const why = new Unavailable(`a worker of the engine ended (exit code ${code})${reason}`, { cause: this.#error });
    this.#ready.reject(why);
    // Before anybody hears of a failure: nothing writes to the memory any more.
    this.#exited.resolve(why);
    for (const answer of this.#batches.values()) answer.reject(why);
    this.#batches.clear();
  }
}
