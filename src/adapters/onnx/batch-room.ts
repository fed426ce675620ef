/**
 * How large batches are: as many steps, or positions of whole windows, as take about so long. A worker answers nobody
 * else meanwhile, so this is the deadline that bounds everyone's wait; what a step costs depends on the catalogue, the
 * model and the machine, and is measured.
 */
import type { Kind } from './fair-queue.js';

/** Time of a batch, ms. */
const TARGET_MS = 12;
/** Larger batches gain nothing and take memory: requests, or positions. */
const MOST = { step: 256, window: 4096 } as const;
/** Of a first batch: nothing is known yet. */
const FIRST = { step: 32, window: 256 } as const;
/** How much a batch changes what is known. */
const RATE = 0.2;

export class BatchRoom {
  readonly #msOfOne: Record<Kind, number> = { step: TARGET_MS / FIRST.step, window: TARGET_MS / FIRST.window };

  of(kind: Kind): number {
    return Math.max(1, Math.min(MOST[kind], Math.floor(TARGET_MS / this.#msOfOne[kind])));
  }

  /** @param count requests, or positions with padding. Small batches are dear for their size, and tell less. */
  took(kind: Kind, count: number, ms: number): void {
    const weight = RATE * Math.min(1, count / this.of(kind));
    this.#msOfOne[kind] += weight * (ms / count - this.#msOfOne[kind]);
  }
}
