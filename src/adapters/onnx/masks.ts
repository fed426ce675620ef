/**
 * Masks of items that must not be listed, by the array that holds one: contexts differ in few ways, so the same array
 * comes with most requests. Each is copied once to memory that all workers see, and named by a number from then on.
 */

/** Beyond so many the one used least recently is forgotten. */
const KEPT = 256;

export interface SharedMask {
  readonly id: number;
  readonly mask: Uint8Array;
}

export class Masks {
  /** By last use, the least recent first. */
  readonly #known = new Map<Uint8Array, SharedMask>();
  #next = 1;

  /** @param mask not to be changed */
  of(mask: Uint8Array): SharedMask {
    const known = this.#known.get(mask) ?? { id: this.#next++, mask: shared(mask) };
    this.#known.delete(mask);
    this.#known.set(mask, known);
    return known;
  }

  /** Numbers of those that are forgotten now. */
  trim(): readonly number[] {
    const gone = [...this.#known].slice(0, Math.max(0, this.#known.size - KEPT));
    for (const [mask] of gone) this.#known.delete(mask);
    return gone.map(([, { id }]) => id);
  }
}

function shared(mask: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(mask.length));
  copy.set(mask);
  return copy;
}
