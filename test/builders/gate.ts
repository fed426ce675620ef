import type { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import { tinyCheckpoint } from './checkpoint.js';

/** Holds the workers of a model where they begin a batch, while it is closed; lets none open the model once it is lost. */
export class Gate {
  readonly #state = new Int32Array(new SharedArrayBuffer(12));

  /** The checkpoint whose models pass here; shared with the workers. */
  checkpoint(seed = 1): Checkpoint {
    const checkpoint = tinyCheckpoint(seed);
    return {
      ...checkpoint,
      attributes: {
        names: [...checkpoint.attributes.names, 'gate'],
        items: [...checkpoint.attributes.items, this.#state],
      },
    };
  }

  close(): void {
    Atomics.store(this.#state, 0, 1);
  }

  open(): void {
    Atomics.store(this.#state, 0, 0);
    Atomics.notify(this.#state, 0);
  }

  /** No worker can open the model from now on; or they can again. */
  lose(isLost = true): void {
    Atomics.store(this.#state, 2, isLost ? 1 : 0);
  }

  /** Resolves once a worker stands before it. */
  async arrival(): Promise<void> {
    while (Atomics.load(this.#state, 1) === 0) await Atomics.waitAsync(this.#state, 1, 0).value;
  }
}
