/**
 * An immutable list of entries in the order of time. It lies in pieces, ids and times beside each other:
 *
 *   head       middle                                tail
 *   [5]        [8][8][8] [32] [32] [32] [32] [24]    [3]
 *
 * An event adds an entry at the tail and takes one from the head, both small; the middle stays the same object, with
 * the bytes that it was packed to, until a small piece is full or used up, every eighth event. So of a user with 200
 * entries an event copies some 16, where an array of objects copies all.
 */
import { ItemFilter } from './item-filter.js';
import { type Likeness, likenessOf, withId, withLikeness } from './packed-ids.js';

/** An accepted interaction of the rolling sequence, or the last one with an item that left it. */
export interface SequenceEntry {
  readonly itemId: string;
  /** Log time, non-decreasing: the greatest broker timestamp of this user so far, ms. */
  readonly at: number;
}

/** A whole piece: it takes no more. */
const PIECE = 32;
/** Tails have fewer entries, heads no more. */
const SMALL = 8;

/** Entries of a list, at least one; never changed, so that what is made of them may be kept with them. */
export class Piece {
  /** The bytes of packed-entries.ts, where they are worth keeping. */
  packed: Buffer | undefined;
  #likeness: Likeness | undefined;

  constructor(
    readonly itemIds: readonly string[],
    /** Log times, ms. */
    readonly times: readonly number[],
    likeness?: Likeness,
  ) {
    this.#likeness = likeness;
  }

  /** Of its ids, and perhaps of others that it once had. */
  get likeness(): Likeness {
    this.#likeness ??= likenessOf(this.itemIds);
    return this.#likeness;
  }

  get length(): number {
    return this.itemIds.length;
  }

  /** Undefined where nothing is left. */
  slice(from: number, to = this.length): Piece | undefined {
    if (from >= to) return undefined;
    return new Piece(this.itemIds.slice(from, to), this.times.slice(from, to), this.#likeness);
  }

  with({ itemId, at }: SequenceEntry): Piece {
    return new Piece(
      this.itemIds.concat(itemId),
      this.times.concat(at),
      this.#likeness && withId(this.#likeness, itemId),
    );
  }

  concat({ itemIds, times, likeness }: Piece): Piece {
    return new Piece(
      this.itemIds.concat(itemIds),
      this.times.concat(times),
      this.#likeness && withLikeness(this.#likeness, likeness),
    );
  }

  /** Without the newest entry of an item that it holds; undefined where nothing is left. */
  without(itemId: string): Piece | undefined {
    if (this.length === 1) return undefined;
    const index = this.itemIds.lastIndexOf(itemId);
    return new Piece(this.itemIds.toSpliced(index, 1), this.times.toSpliced(index, 1), this.#likeness);
  }
}

/** The pieces between head and tail. */
export class Middle {
  static readonly EMPTY = new Middle([]);

  /** Its pieces' bytes in a row, as packed-entries.ts keeps them. */
  packed: Buffer | undefined;

  constructor(readonly pieces: readonly Piece[]) {}
}

interface Parts {
  readonly head: Piece | undefined;
  readonly middle: Middle;
  readonly tail: Piece | undefined;
}

interface Rolled {
  readonly list: EntryList;
  readonly isNew: boolean;
  readonly gone: SequenceEntry | undefined;
}

export class EntryList implements Iterable<SequenceEntry> {
  static readonly EMPTY = new EntryList(
    { head: undefined, middle: Middle.EMPTY, tail: undefined },
    0,
    [],
    new ItemFilter(),
  );

  readonly #parts: Parts;
  readonly #filter: ItemFilter;
  /** Items that come again, as often as they do: few, or none. Undefined while nobody counted. */
  #again: readonly string[] | undefined;
  readonly length: number;

  private constructor(parts: Parts, length: number, again: readonly string[] | undefined, filter: ItemFilter) {
    this.#parts = parts;
    this.length = length;
    this.#again = again;
    this.#filter = filter;
  }

  static of(entries: Iterable<SequenceEntry>): EntryList {
    const all = [...entries];
    const pieces: Piece[] = [];
    for (let from = 0; from < all.length; from += PIECE) {
      const piece = all.slice(from, from + PIECE);
      pieces.push(
        new Piece(
          piece.map(({ itemId }) => itemId),
          piece.map(({ at }) => at),
        ),
      );
    }
    return EntryList.ofPieces(pieces);
  }

  /** None of them empty. */
  static ofPieces(pieces: readonly Piece[]): EntryList {
    const isSmall = (piece: Piece | undefined): piece is Piece => piece !== undefined && piece.length < SMALL;
    const tail = isSmall(pieces.at(-1)) ? pieces.at(-1) : undefined;
    const head = isSmall(pieces[0]) && pieces.length > 1 ? pieces[0] : undefined;
    const middle = new Middle(pieces.slice(head ? 1 : 0, tail ? -1 : undefined));
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    return new EntryList({ head, middle, tail }, length, undefined, new ItemFilter());
  }

  get parts(): Parts {
    return this.#parts;
  }

  get pieces(): readonly Piece[] {
    const { head, middle, tail } = this.#parts;
    return [...(head ? [head] : []), ...middle.pieces, ...(tail ? [tail] : [])];
  }

  *[Symbol.iterator](): Generator<SequenceEntry> {
    for (const { itemIds, times } of this.pieces) {
      for (const [i, itemId] of itemIds.entries()) yield { itemId, at: times[i] ?? 0 };
    }
  }

  /** As JSON an array, whatever the pieces. */
  toJSON(): readonly SequenceEntry[] {
    return [...this];
  }

  get first(): SequenceEntry | undefined {
    const { head, middle, tail } = this.#parts;
    const piece = head ?? middle.pieces[0] ?? tail;
    return piece && { itemId: piece.itemIds[0] ?? '', at: piece.times[0] ?? 0 };
  }

  has(itemId: string): boolean {
    return this.#indexOf(itemId) !== undefined;
  }

  /** How many different items there are. */
  get distinct(): number {
    return this.length - this.#repeats().length;
  }

  /** @param isAgain whether its item is in the list; looked up unless given */
  with(entry: SequenceEntry, isAgain = this.#isCounted() && this.has(entry.itemId)): EntryList {
    const { head, middle, tail } = this.#parts;
    const before = this.#isCounted() ? this.#repeats() : undefined;
    const filter = this.#filter.forNext();
    filter.add(entry.itemId);
    const longer = tail ? tail.with(entry) : new Piece([entry.itemId], [entry.at]);
    const parts =
      longer.length < SMALL
        ? { head, middle, tail: longer }
        : { head, middle: appended(middle, longer), tail: undefined };
    return new EntryList(parts, this.length + 1, before && isAgain ? [...before, entry.itemId] : before, filter);
  }

  /** Without the newest entry of the item; the same list where there is none. */
  without(itemId: string): EntryList {
    const index = this.#indexOf(itemId);
    if (index === undefined) return this;
    const { head, middle, tail } = this.#parts;
    const again = this.#again && withoutOne(this.#again, itemId);
    const made = (parts: Partial<Parts>): EntryList =>
      new EntryList({ ...this.#parts, ...parts }, this.length - 1, again, this.#filter.forNext());
    if (index === 'head') return made({ head: head?.without(itemId) });
    if (index === 'tail') return made({ tail: tail?.without(itemId) });
    const { pieces } = middle;
    const rest = pieces[index]?.without(itemId);
    const next = pieces[index + 1];
    // Or pieces would dwindle, and each costs the same however little it holds.
    if (rest && next && rest.length + next.length <= PIECE) {
      return made({ middle: new Middle(pieces.toSpliced(index, 2, rest.concat(next))) });
    }
    return made({ middle: new Middle(pieces.toSpliced(index, 1, ...(rest ? [rest] : []))) });
  }

  /** The last `count` entries; the same list where it has no more. */
  newest(count: number): EntryList {
    if (this.length <= count) return this;
    if (count <= 0) return EntryList.EMPTY;
    const drop = this.length - count;
    const again = drop === 1 && this.#again ? withoutOne(this.#again, this.first?.itemId) : undefined;
    return new EntryList(dropped(this.#parts, drop), count, again, this.#filter.forNext());
  }

  /**
   * With an entry more, of which the newest `count` are left.
   * `isNew`: its item was not in the list. `gone`: the entry that left, where the list no longer holds its item.
   */
  rolled(entry: SequenceEntry, count: number): Rolled {
    const isNew = !this.has(entry.itemId);
    const longer = this.with(entry, !isNew);
    const list = longer.newest(count);
    const { first } = longer;
    if (list === longer || first === undefined) return { list, isNew, gone: undefined };
    const isHeld = longer.#again ? longer.#again.includes(first.itemId) : list.has(first.itemId);
    return { list, isNew, gone: isHeld ? undefined : first };
  }

  /** The entries later than a time: the newest part, since times never decrease. The same list where that is all. */
  after(time: number): EntryList {
    let later = 0;
    for (const { times } of this.pieces) for (const at of times) if (at > time) later += 1;
    return this.newest(later);
  }

  /** To count takes as long as to make a filter, and is worth it for the same lists. */
  #isCounted(): boolean {
    return this.#again !== undefined || this.#filter.isMade;
  }

  #repeats(): readonly string[] {
    if (this.#again === undefined) {
      const seen = new Set<string>();
      this.#again = [...this.#itemIds()].filter((itemId) => seen.size === seen.add(itemId).size);
    }
    return this.#again;
  }

  *#itemIds(): Generator<string> {
    for (const { itemIds } of this.pieces) yield* itemIds;
  }

  /** The last piece that holds the item: items come back soon, so this searches from the end. */
  #indexOf(itemId: string): 'head' | 'tail' | number | undefined {
    if (this.length === 0 || !this.#filter.mayHold(itemId, this.length, () => this.#itemIds())) return undefined;
    const { head, middle, tail } = this.#parts;
    if (tail?.itemIds.includes(itemId)) return 'tail';
    const index = middle.pieces.findLastIndex(({ itemIds }) => itemIds.includes(itemId));
    if (index !== -1) return index;
    return head?.itemIds.includes(itemId) ? 'head' : undefined;
  }
}

/** The same list where the item is not in it. */
function withoutOne(itemIds: readonly string[], itemId: string | undefined): readonly string[] {
  const index = itemIds.findIndex((one) => one === itemId);
  return index === -1 ? itemIds : itemIds.toSpliced(index, 1);
}

/** With a full small piece at its end. */
function appended({ pieces }: Middle, small: Piece): Middle {
  const last = pieces.at(-1);
  const fits = last !== undefined && last.length + small.length <= PIECE;
  return new Middle(fits ? pieces.with(-1, last.concat(small)) : [...pieces, small]);
}

/** Without the first entries, fewer than all. What is left of a whole piece is taken apart: its first is the new head. */
function dropped({ head, middle, tail }: Parts, count: number): Parts {
  if (head && count < head.length) return { head: head.slice(count), middle, tail };
  let drop = count - (head?.length ?? 0);
  if (drop === 0) return { head: undefined, middle, tail };
  const { pieces } = middle;
  for (let i = 0; i < pieces.length; i += 1) {
    const piece = pieces[i];
    if (piece && drop < piece.length) {
      const [first, ...rest] = smallPieces(piece, drop);
      return { head: first, middle: new Middle([...rest, ...pieces.slice(i + 1)]), tail };
    }
    drop -= piece?.length ?? 0;
    if (drop === 0) return { head: undefined, middle: new Middle(pieces.slice(i + 1)), tail };
  }
  return { head: undefined, middle: Middle.EMPTY, tail: tail?.slice(drop) };
}

/** What is left of a piece from an entry on, the first of them the smallest. */
function smallPieces(piece: Piece, from: number): readonly Piece[] {
  const pieces: Piece[] = [];
  for (let end = piece.length; end > from; end -= SMALL) {
    const small = piece.slice(Math.max(from, end - SMALL), end);
    if (small) pieces.unshift(small);
  }
  return pieces;
}
