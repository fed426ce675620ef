/**
 * Which windows a model has kept, and where: the index, on the main thread. They are UNSTEERED, and depend on
 * a window's items and their positions in it and on nothing else: an entry serves whoever has this window, however
 * steered, and is never wrong. It is found by its items (hashed, then compared); a chunk's start is part of that, since
 * positions count from the window's first item. Whose a window is, is not known here: a task that is handed over leaves
 * nothing behind that could be wrong, only memory, which others soon use.
 *
 * The life of an entry:
 *
 *   (none) --a whole window--> pending --done--> ready --an item more, under a new key--> pending --> ...
 *                                 |                |
 *                                 +--failed--------+--used least recently, and not pinned--> (none)
 */
import type { CacheMemory, Kept } from './cache-memory.js';
import type { PastLayout } from './past-layout.js';
import { keysOf, type WindowKeys } from './window-keys.js';

/** A window that is kept, or will be. */
export interface Entry extends Kept {
  window: Int32Array;
  key: number;
  isPending: boolean;
  isDropped: boolean;
  /** Called when it is no longer pending. */
  waiting: (() => void)[];
}

/**
 * How a window is to be computed: `step`, its last item alone, since the entry has what comes before; `window`, all of it;
 * `wait` until the entry is no longer pending, and ask again. `isNew`: the result belongs into the entry. `coming` stands
 * for a window that waits for the one before it, so that the one after it waits in turn.
 */
export type Plan =
  | { readonly kind: 'step'; readonly entry: Entry; readonly isNew: boolean }
  | { readonly kind: 'window'; readonly entry: Entry; readonly isNew: boolean }
  | { readonly kind: 'wait'; readonly entry: Entry; readonly coming: Entry | undefined };
export type Work = Exclude<Plan, { readonly kind: 'wait' }>;

export class WindowCache {
  readonly #memory: CacheMemory;
  readonly #layout: PastLayout;
  readonly #keysOf: (window: Int32Array) => WindowKeys;
  readonly #entries = new Map<number, Entry>();

  constructor(memory: CacheMemory, layout: PastLayout, keys = keysOf) {
    this.#memory = memory;
    this.#layout = layout;
    this.#keysOf = keys;
  }

  /** How many windows. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * What is not to wait must be followed by allot, and then by done or failed.
   * @param window is kept: not to be changed
   * @param coming what stood for it while it waited
   */
  plan(window: Int32Array, coming?: Entry): Plan {
    const keys = this.#keysOf(window);
    coming?.drop();
    const plan = this.#planned(window, keys);
    if (coming) follow(this.#entries.get(keys.whole), coming);
    return plan;
  }

  /** For one that is not to wait: all of the window, of which nothing will be kept. */
  alone(): Work {
    return { kind: 'window', entry: { ...this.#newEntry(), pins: 1, isDropped: true }, isNew: false };
  }

  /** Whoever waits for a window that does not come is to ask again. */
  abandon(coming: Entry | undefined): void {
    coming?.drop();
    if (coming) settle(coming);
  }

  #planned(window: Int32Array, { whole, prefix }: WindowKeys): Plan {
    const same = this.#find(whole, window, window.length);
    if (same?.isPending) return { kind: 'wait', entry: same, coming: undefined };
    if (same) return { kind: 'step', entry: this.#pinned(same), isNew: false };
    const before = this.#find(prefix, window, window.length - 1);
    if (before?.isPending) return { kind: 'wait', entry: before, coming: this.#put(this.#newEntry(), window, whole) };
    if (before) this.#entries.delete(before.key);
    const entry = this.#put(before ?? this.#newEntry(), window, whole);
    return { kind: before ? 'step' : 'window', entry: this.#pinned(entry), isNew: true };
  }

  /** Makes room for what the work will leave. False: it can leave nothing. */
  allot({ entry, isNew }: Work): boolean {
    return isNew && !entry.isDropped && this.#memory.grow(entry, this.#layout.pagesFor(entry.window.length));
  }

  /** @param isKept what allot said */
  done({ entry, isNew }: Work, isKept: boolean): void {
    if (isNew && !isKept) entry.drop();
    this.#settle(entry, isNew);
  }

  /** What the entry holds of the new is not known. */
  failed({ entry, isNew }: Work): void {
    if (isNew) entry.drop();
    this.#settle(entry, isNew);
  }

  clear(): void {
    for (const entry of [...this.#entries.values()]) entry.drop();
  }

  #settle(entry: Entry, isNew: boolean): void {
    entry.pins -= 1;
    if (entry.isDropped && entry.pins === 0) this.#memory.free(entry);
    if (isNew) settle(entry);
  }

  /** Where it is found from now on; it is pending. */
  #put(entry: Entry, window: Int32Array, key: number): Entry {
    Object.assign(entry, { window, key, isPending: true });
    // One of other items, if any: their hashes are the same.
    this.#entries.get(key)?.drop();
    this.#entries.set(key, entry);
    return entry;
  }

  #pinned(entry: Entry): Entry {
    entry.pins += 1;
    this.#memory.touch(entry);
    return entry;
  }

  #find(key: number, window: Int32Array, length: number): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry?.window.length !== length) return undefined;
    for (let i = 0; i < length; i++) if (entry.window[i] !== window[i]) return undefined;
    return entry;
  }

  #newEntry(): Entry {
    const entry: Entry = {
      window: new Int32Array(),
      key: 0,
      pages: [],
      pins: 0,
      older: undefined,
      newer: undefined,
      isPending: true,
      isDropped: false,
      waiting: [],
      drop: () => {
        this.#drop(entry);
      },
    };
    return entry;
  }

  #drop(entry: Entry): void {
    if (entry.isDropped) return;
    entry.isDropped = true;
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
    this.#memory.unlink(entry);
    if (entry.pins === 0) this.#memory.free(entry);
  }
}

function settle(entry: Entry): void {
  entry.isPending = false;
  for (const wake of entry.waiting.splice(0)) wake();
}

/** Whoever waited for what was coming waits for what came, if that is not there yet. */
function follow(entry: Entry | undefined, coming: Entry): void {
  if (entry?.isPending) entry.waiting.push(...coming.waiting.splice(0));
  else settle(coming);
}
