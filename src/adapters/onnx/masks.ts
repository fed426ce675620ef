/**
 * Masks of items that must not be listed, by the array that holds one: contexts differ in few ways, so the same array
 * comes with most requests. Each is copied once to memory that all workers see, unless it lies there, and named by a number
 * from then on.
 */

/** Beyond so many, or so many bytes, those used least recently are forgotten: each change of the catalogue brings new ones. */
const KEPT = { count: 256, bytes: 32 * 1024 * 1024 };

export interface SharedMask {
  readonly id: number;
  readonly mask: Uint8Array;
}

export class Masks {
  /** By last use, the least recent first. */
  readonly #known = new Map<Uint8Array, SharedMask>();
  #next = 1;
  #bytes = 0;

  /** @param mask not to be changed */
  of(mask: Uint8Array): SharedMask {
    let known = this.#known.get(mask);
    if (known === undefined) {
      known = { id: this.#next++, mask: shared(mask) };
      this.#bytes += mask.length;
    }
    this.#known.delete(mask);
    this.#known.set(mask, known);
    return known;
  }

  /** Numbers of those that are forgotten now. */
  trim(): readonly number[] {
    const gone: number[] = [];
    for (const [mask, { id }] of this.#known) {
      if (this.#known.size <= KEPT.count && this.#bytes <= KEPT.bytes) break;
      this.#known.delete(mask);
      this.#bytes -= mask.length;
      gone.push(id);
    }
    return gone;
  }
}

function shared(mask: Uint8Array): Uint8Array {
  if (mask.buffer instanceof SharedArrayBuffer) return mask;
  const copy = new Uint8Array(new SharedArrayBuffer(mask.length));
  copy.set(mask);
  return copy;
}
