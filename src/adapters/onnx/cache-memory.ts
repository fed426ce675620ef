/** The memory of all models' caches, and what goes when it is full: what was used least recently. */
import { PagePool } from './pages.js';

/** What is kept in the memory: in one row with all others, by last use. */
export interface Kept {
  pages: number[];
  /** Requests that were promised what it holds and are not answered yet: it stays. */
  pins: number;
  older: Kept | undefined;
  newer: Kept | undefined;
  /** Takes it out of where it is found, and gives its pages back. */
  drop(): void;
}

export class CacheMemory {
  readonly #pool: PagePool;
  #oldest: Kept | undefined;
  #newest: Kept | undefined;

  /** @throws Error when the machine does not give so much memory. */
  constructor(bytes: number) {
    this.#pool = new PagePool(bytes);
  }

  get buffer(): SharedArrayBuffer {
    return this.#pool.buffer;
  }

  /** In use. */
  get bytes(): number {
    return this.#pool.bytes;
  }

  /** As the one used last. */
  touch(kept: Kept): void {
    if (this.#newest === kept) return;
    this.unlink(kept);
    kept.older = this.#newest;
    if (this.#newest) this.#newest.newer = kept;
    this.#newest = kept;
    this.#oldest ??= kept;
  }

  unlink(kept: Kept): void {
    const { older, newer } = kept;
    if (older) older.newer = newer;
    if (newer) newer.older = older;
    if (this.#oldest === kept) this.#oldest = newer;
    if (this.#newest === kept) this.#newest = older;
    kept.older = kept.newer = undefined;
  }

  /** Gives it `count` pages in all, at the cost of those used least recently. False where all others are pinned. */
  grow(kept: Kept, count: number): boolean {
    while (kept.pages.length < count) {
      const page = this.#pool.take();
      if (page !== undefined) kept.pages.push(page);
      else if (!this.#evict()) return false;
    }
    return true;
  }

  free(kept: Kept): void {
    this.#pool.give(kept.pages);
    kept.pages = [];
  }

  #evict(): boolean {
    // What is pinned was used last: the first that is not comes soon.
    let kept = this.#oldest;
    while (kept && kept.pins > 0) kept = kept.newer;
    kept?.drop();
    return kept !== undefined;
  }
}
