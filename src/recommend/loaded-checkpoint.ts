/** A checkpoint in memory. It is let go once it was released and its last batch has ended. */
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { LoadedModel } from '../ports/engine.js';

export class LoadedCheckpoint {
  /** Batches under way. */
  #users = 0;
  #isReleased = false;

  constructor(
    /** Names what was published, whatever its number (contentHash). */
    readonly content: string,
    readonly checkpoint: Checkpoint,
    readonly model: LoadedModel,
  ) {}

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#users += 1;
    try {
      return await work();
    } finally {
      this.#users -= 1;
      this.#disposeIfUnused();
    }
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#disposeIfUnused();
  }

  #disposeIfUnused(): void {
    if (this.#isReleased && this.#users === 0) this.model.dispose();
  }
}
