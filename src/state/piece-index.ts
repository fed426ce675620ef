/**
 * In which pieces of a list an item may lie. To look at every id of a long list waits for memory once an id; this is a
 * look at one place of a table, and then at one piece.
 *
 * Once made, a list shares it with those that are made of it. Places are only ever added, never taken out, so it may name
 * a piece that no longer (or, for an earlier list, not yet) holds the item, and never leaves one out: nobody sees that it
 * changes. A list that is searched once, as those of users who are seldom here, never pays for one.
 */

/** Searches that look at the ids, before it is worth reading them all. */
const SEARCHES = 4;
/** Numbers of pieces are from 1 to before this: more than a list has pieces. */
export const NUMBERS = 2 ** 12;
const SLOTS_AN_ITEM = 4;
const MIN_SLOTS = 128;
const NOWHERE: readonly number[] = [];

/** Tells every item of a list, with the number of its piece. */
export type Placing = (add: (itemId: string, number: number) => void) => void;

export class PieceIndex {
  /** Open addressing: 20 bits of an item's hash, then a number; 0 is empty. */
  #slots: Uint32Array | undefined;
  #searches: number;
  /** How many more places it takes before half of it is full. */
  #room = Number.POSITIVE_INFINITY;

  private constructor(searches: number) {
    this.#searches = searches;
  }

  /** Nothing is known of the list's items yet. */
  static unmade(): PieceIndex {
    return new PieceIndex(0);
  }

  get isMade(): boolean {
    return this.#slots !== undefined;
  }

  /**
   * For a list that is made of this one's: the same, or one of its own where there is nothing to share yet (what makes it
   * would not hold the items of the other list), or where this one is full.
   */
  forNext(): PieceIndex {
    if (this.#slots === undefined) return new PieceIndex(this.#searches);
    return this.#room > 0 ? this : new PieceIndex(SEARCHES);
  }

  add(itemId: string, number: number): void {
    const slots = this.#slots;
    if (slots === undefined) return;
    const hash = hashOf(itemId);
    const mask = slots.length - 1;
    let at = hash & mask;
    while (slots[at] !== 0) at = (at + 1) & mask;
    slots[at] = entryOf(hash, number);
    this.#room -= 1;
  }

  /**
   * Numbers of the pieces that may hold the item; undefined: any may.
   * @param place called once
   */
  numbersOf(itemId: string, count: number, place: Placing): readonly number[] | undefined {
    if (this.#slots === undefined) {
      this.#searches += 1;
      if (this.#searches <= SEARCHES) return undefined;
      this.#make(count, place);
    }
    const slots = this.#slots as Uint32Array | undefined;
    return slots && found(slots, hashOf(itemId));
  }

  #make(count: number, place: Placing): void {
    const length = Math.max(MIN_SLOTS, 2 ** Math.ceil(Math.log2(count * SLOTS_AN_ITEM)));
    this.#slots = new Uint32Array(length);
    this.#room = length / 2;
    place((itemId, number) => {
      this.add(itemId, number);
    });
  }
}

function found(slots: Uint32Array, hash: number): readonly number[] {
  const mask = slots.length - 1;
  let numbers = NOWHERE;
  for (let at = hash & mask; ; at = (at + 1) & mask) {
    const entry = slots[at] ?? 0;
    if (entry === 0) return numbers;
    const number = entry % NUMBERS;
    if (entry === entryOf(hash, number)) numbers = [...numbers, number];
  }
}

function entryOf(hash: number, number: number): number {
  return ((hash & -NUMBERS) | number) >>> 0;
}

/** FNV-1a, stirred once more: both its ends are used. A signed 32-bit integer. */
function hashOf(itemId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < itemId.length; i += 1) hash = Math.imul(hash ^ itemId.charCodeAt(i), 0x01000193);
  const stirred = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return stirred ^ (stirred >>> 13);
}
