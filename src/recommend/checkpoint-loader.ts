/**
 * Checkpoints in memory: those that serve, and while that is one alone, the one that served before it: to publish that
 * content again, which is how a rollback goes, is then a matter of a moment.
 */
import { CheckpointRefused, contentHash, decodeCheckpoint, MANIFEST } from '../checkpoint/files.js';
import { type CheckpointStore, WHOLE_SHARE } from '../ports/checkpoint-store.js';
import type { Engine } from '../ports/engine.js';
import { Unavailable } from '../ports/errors.js';
import { LoadedCheckpoint } from './loaded-checkpoint.js';
import { tryOut } from './trial.js';

/** The engine failed, which says nothing about another machine's. */
export class LoadFailed extends Error {
  override readonly name = 'LoadFailed';
}

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

  constructor(engine: Engine, store: CheckpointStore) {
    this.#engine = engine;
    this.#store = store;
  }

  /**
   * The checkpoint of a number, from memory where its content is there; else loaded and tried.
   * @param beside what it is compared with; the one published for everybody before it unless given
   * @throws Unavailable, LoadFailed; what else it throws is wrong with the checkpoint, here and elsewhere
   */
  async open(sequence: number, beside: LoadedCheckpoint | undefined): Promise<Opened> {
    const content = contentHash(await this.#store.read(sequence, [MANIFEST]));
    const held = this.#held.find((one) => one.content === content);
    if (held) return { loaded: held, overlap: undefined };
    const loaded = await this.#load(sequence);
    try {
      const overlap = await tryOut(loaded, beside ?? (await this.#before(sequence)));
      this.#held = [...this.#held, loaded];
      return { loaded, overlap };
    } catch (error) {
      loaded.release();
      throw error instanceof CheckpointRefused ? error : loadFailure(error);
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

  /** An instance that starts judges by the same comparison as one that ran on. */
  async #before(sequence: number): Promise<LoadedCheckpoint | undefined> {
    try {
      for (const earlier of (await this.#store.list()).filter((one) => one < sequence).toReversed()) {
        if ((await this.#store.shareOf(earlier)) < WHOLE_SHARE) continue;
        const loaded = await this.#load(earlier);
        this.#held = [loaded, ...this.#held];
        return loaded;
      }
      return undefined;
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      return undefined;
    }
  }

  async #load(sequence: number): Promise<LoadedCheckpoint> {
    const files = await this.#store.read(sequence);
    const checkpoint = decodeCheckpoint(files);
    try {
      return new LoadedCheckpoint(contentHash(files), checkpoint, await this.#engine.load(checkpoint));
    } catch (error) {
      throw loadFailure(error);
    }
  }
}

function loadFailure(error: unknown): Error {
  if (error instanceof Unavailable) return error;
  return new LoadFailed(error instanceof Error ? error.message : String(error), { cause: error });
}
