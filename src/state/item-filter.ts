/**
 * Whether a list may hold an item: a Bloom filter of two bits an item. To look at every id of a long list waits for
 * memory once a piece; most items of interactions are new to their user, and this says so at two looks.
 *
 * Once made, a list shares it with those that are made of it. Items are only ever added, never taken out, so it may say
 * "maybe" where a list no longer (or, for an earlier list, not yet) has an item, and never a wrong "no": nobody sees
 * that it changes. A list that is searched once, as those of users who are seldom here, never pays for one.
 */

/** Searches that look at the ids, before it is worth reading them all. */
const SEARCHES = 4;
const BITS_AN_ITEM = 32;
/** Lists that grow may use it for so many times the items that it was made for. */
const OVERFULL = 2;
const MIN_ITEMS = 32;

export class ItemFilter {
  #bits: Uint32Array | undefined;
  #searches = 0;
  /** How many more items it takes before it says "maybe" too often. */
  #room = Number.POSITIVE_INFINITY;

  get isMade(): boolean {
    return this.#bits !== undefined;
  }

  /**
   * For a list that is made of this one's: the same, or one of its own where there is nothing to share yet (what makes it
   * would not hold the items of the other list), or where this one says "maybe" too often.
   */
  forNext(): ItemFilter {
    if (this.#bits !== undefined && this.#room > 0) return this;
    const next = new ItemFilter();
    if (this.#bits === undefined) next.#searches = this.#searches;
    return next;
  }

  add(itemId: string): void {
    if (this.#bits === undefined) return;
    this.#set(this.#bits, itemId);
  }

  /** False: the list does not hold the item. `itemIds`: those that the list holds. */
  mayHold(itemId: string, count: number, itemIds: () => Iterable<string>): boolean {
    if (this.#bits === undefined) {
      this.#searches += 1;
      if (this.#searches <= SEARCHES) return true;
      this.#bits = this.#made(count, itemIds());
    }
    const [one, other] = placesOf(itemId, this.#bits.length);
    return isSet(this.#bits, one) && isSet(this.#bits, other);
  }

  #made(count: number, itemIds: Iterable<string>): Uint32Array {
    const items = 2 ** Math.ceil(Math.log2(Math.max(MIN_ITEMS, count)));
    const bits = new Uint32Array((items * BITS_AN_ITEM) / 32);
    this.#room = items * OVERFULL;
    for (const itemId of itemIds) this.#set(bits, itemId);
    return bits;
  }

  #set(bits: Uint32Array, itemId: string): void {
    for (const place of placesOf(itemId, bits.length))
      bits[place >>> 5] = (bits[place >>> 5] ?? 0) | (1 << (place & 31));
    this.#room -= 1;
  }
}

function isSet(bits: Uint32Array, place: number): boolean {
  return ((bits[place >>> 5] ?? 0) & (1 << (place & 31))) !== 0;
}

/** Two bits among `words` times 32, a power of two: halves of an FNV-1a hash that is stirred once more. */
function placesOf(itemId: string, words: number): readonly [number, number] {
  let hash = 0x811c9dc5;
  for (let i = 0; i < itemId.length; i += 1) hash = Math.imul(hash ^ itemId.charCodeAt(i), 0x01000193);
  const stirred = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  const mask = words * 32 - 1;
  return [hash & mask, (stirred ^ (stirred >>> 13)) & mask];
}
