/** A gate before work that a rebalance waits for: work passes while it is open, and is finished when it has closed. */
import { aborted } from '../ops/backoff.js';

export class Gate {
  #inside = 0;
  #open: PromiseWithResolvers<undefined> | undefined;
  #empty = Promise.withResolvers<undefined>();

  get isClosed(): boolean {
    return this.#open !== undefined;
  }

  /** Waits while the gate is closed. Undefined, and no work, where the signal aborts before it opens. */
  async pass<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    while (this.#open && !signal.aborted) await Promise.race([this.#open.promise, aborted(signal)]);
    if (signal.aborted) return undefined;
    this.#inside += 1;
    try {
      return await work();
    } finally {
      this.#inside -= 1;
      if (this.#inside === 0) this.#empty.resolve(undefined);
    }
  }

  /** Nothing passes any more. Resolves once nobody is inside. */
  async close(): Promise<void> {
    this.#open ??= Promise.withResolvers();
    this.#empty = Promise.withResolvers();
    if (this.#inside > 0) await this.#empty.promise;
  }

  open(): void {
    this.#open?.resolve(undefined);
    this.#open = undefined;
  }
}
