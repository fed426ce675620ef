/**
 * Checkpoints in memory: those that serve, and while that is one alone, the one that served before it: to publish that
 * content again, which is how a rollback goes, is then a matter of a moment.
 */
import { contentHash, decoding, MANIFEST } from '../checkpoint/files.js';
import { inPieces } from '../ops/pieces.js';
import { type CheckpointStore, WHOLE_SHARE } from '../ports/checkpoint-store.js';
import type { Engine } from '../ports/engine.js';
import { Unavailable } from '../ports/errors.js';
import { LoadFailed } from './load-failed.js';
import { LoadedCheckpoint } from './loaded-checkpoint.js';
import { tryOut } from './trial.js';

export interface Opened {
  readonly loaded: LoadedCheckpoint;
  /** See tryOut; undefined also for what was in memory. */
  readonly overlap: number | undefined;
}

/** Held at least, where there were so many. */
const HELD = 2;

export class CheckpointLoader {
  readonly #engine: Engine;
  readonly #store: CheckpointStore;
  /** Those that served last are last. */
  #held: readonly LoadedCheckpoint[] = [];
  /** Others were loaded to compare with them. */
  readonly #tried = new WeakSet<LoadedCheckpoint>();

  constructor(engine: Engine, store: CheckpointStore) {
    this.#engine = engine;
    this.#store = store;
  }

  /**
   * The checkpoint of a number, from memory where its content is there; else loaded and tried.
   * @param beside what it is compared with; the one published for everybody before it unless given
   * @throws Unavailable where the store, or what it is compared with, does not answer now; LoadFailed; what else it throws
   * is wrong with the checkpoint, here and elsewhere
   */
  async open(sequence: number, beside: LoadedCheckpoint | undefined): Promise<Opened> {
    const loaded = await this.#have(sequence);
    if (this.#tried.has(loaded)) return { loaded, overlap: undefined };
    try {
      const overlap = await tryOut(loaded, beside ?? (await this.#before(sequence, loaded)));
      this.#tried.add(loaded);
      return { loaded, overlap };
    } catch (error) {
      this.#held = this.#held.filter((one) => one !== loaded);
      loaded.release();
      throw error;
    }
  }

  /** Lets go of what does not serve, but for what served last. */
  keep(serving: ReadonlySet<LoadedCheckpoint>): void {
    const others = this.#held.filter((one) => !serving.has(one));
    const spare = others.slice(others.length - Math.max(0, HELD - serving.size));
    for (const one of others) if (!spare.includes(one)) one.release();
    this.#held = [...spare, ...serving];
  }

  close(): void {
    for (const one of this.#held) one.release();
    this.#held = [];
  }

  /** An instance that starts judges by the same comparison as one that ran on: beside the newest that could serve. */
  async #before(sequence: number, next: LoadedCheckpoint): Promise<LoadedCheckpoint | undefined> {
    for (const earlier of (await this.#store.list()).filter((one) => one < sequence).toReversed()) {
      try {
        if ((await this.#store.shareOf(earlier)) < WHOLE_SHARE) continue;
        const loaded = await this.#have(earlier);
        if (loaded !== next) return loaded;
      } catch (error) {
        if (error instanceof Unavailable) throw error;
      }
    }
    return undefined;
  }

  /** From memory where its content is there, else loaded. */
  async #have(sequence: number): Promise<LoadedCheckpoint> {
    const content = contentHash(await this.#store.read(sequence, [MANIFEST]));
    const held = this.#held.find((one) => one.content === content);
    if (held) return held;
    const loaded = await this.#load(sequence);
    this.#held = [loaded, ...this.#held];
    return loaded;
  }

  async #load(sequence: number): Promise<LoadedCheckpoint> {
    const files = await this.#store.read(sequence);
    const checkpoint = await inPieces(decoding(files));
    try {
      return new LoadedCheckpoint(contentHash(files), checkpoint, await this.#engine.load(checkpoint));
    } catch (error) {
      // Also where its workers died: they would again, at every look.
      throw new LoadFailed(error);
    }
  }
}
