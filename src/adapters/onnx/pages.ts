/**
 * The memory of what is kept of windows: one SharedArrayBuffer in pages, which the workers read and write and the main thread
 * hands out. What is kept of a window lies in as many pages as it fills, wherever they are, so short windows take little,
 * longer ones grow a page at a time, and nothing is ever moved. What was never written takes no memory of the machine.
 */

/** Floats of a page: 12 KiB, 16 positions of a model of 3 layers and width 64. */
export const PAGE = 3072;
const PAGE_BYTES = PAGE * Float32Array.BYTES_PER_ELEMENT;

export class PagePool {
  readonly buffer: SharedArrayBuffer;
  readonly #count: number;
  readonly #free: number[] = [];
  /** Pages from here on were never handed out. */
  #fresh = 0;

  /** @throws Error when the machine does not give so much. */
  constructor(bytes: number) {
    this.#count = Math.floor(bytes / PAGE_BYTES);
    try {
      this.buffer = new SharedArrayBuffer(this.#count * PAGE_BYTES);
    } catch (error) {
      throw new Error(`no memory for a cache of ${Math.round(bytes / 2 ** 20)} MiB: set STEERSTREAM_CACHE_MB lower`, {
        cause: error,
      });
    }
  }

  /** Of the pages that are handed out. */
  get bytes(): number {
    return (this.#fresh - this.#free.length) * PAGE_BYTES;
  }

  /** Undefined when all are handed out. */
  take(): number | undefined {
    return this.#free.pop() ?? (this.#fresh < this.#count ? this.#fresh++ : undefined);
  }

  give(pages: readonly number[]): void {
    this.#free.push(...pages);
  }
}
