/**
 * An immutable list of entries in the order of time. It lies in pieces, ids and times beside each other: a list with one
 * entry more at its end, or one less at its beginning, shares all pieces but one with the list before it, and a search
 * looks at ids alone. Of a user with 200 entries an event copies 32, where an array of objects copies all, and takes a
 * fifth of the memory.
 */
/** An accepted interaction of the rolling sequence, or the last one with an item that left it. */
export interface SequenceEntry {
  readonly itemId: string;
  /** Log time, non-decreasing: the greatest broker timestamp of this user so far, ms. */
  readonly at: number;
}

/** A piece that holds so many takes no more. */
const PIECE = 32;

/** Entries of a list; never changed, so that what is made of it may be kept with it. */
export class Piece {
  /** The bytes of packed-entries.ts, where they are worth keeping. */
  packed: Buffer | undefined;

  constructor(
    readonly itemIds: readonly string[],
    /** Log times, ms. */
    readonly times: readonly number[],
  ) {}

  get length(): number {
    return this.itemIds.length;
  }
}

export class EntryList implements Iterable<SequenceEntry> {
  static readonly EMPTY = new EntryList([]);

  readonly #pieces: readonly Piece[];
  readonly length: number;

  private constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
    let length = 0;
    for (const piece of pieces) length += piece.length;
    this.length = length;
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
    return new EntryList(pieces);
  }

  /** None of them empty. */
  static ofPieces(pieces: readonly Piece[]): EntryList {
    return pieces.length === 0 ? EntryList.EMPTY : new EntryList(pieces);
  }

  get pieces(): readonly Piece[] {
    return this.#pieces;
  }

  *[Symbol.iterator](): Generator<SequenceEntry> {
    for (const { itemIds, times } of this.#pieces) {
      for (const [i, itemId] of itemIds.entries()) yield { itemId, at: times[i] ?? 0 };
    }
  }

  /** As JSON an array, whatever the pieces. */
  toJSON(): readonly SequenceEntry[] {
    return [...this];
  }

  get first(): SequenceEntry | undefined {
    const piece = this.#pieces[0];
    return piece && { itemId: piece.itemIds[0] ?? '', at: piece.times[0] ?? 0 };
  }

  has(itemId: string): boolean {
    return this.#pieceOf(itemId) !== -1;
  }

  with({ itemId, at }: SequenceEntry): EntryList {
    const last = this.#pieces.at(-1);
    if (last === undefined || last.length >= PIECE) return new EntryList([...this.#pieces, new Piece([itemId], [at])]);
    const piece = new Piece(last.itemIds.concat(itemId), last.times.concat(at));
    return new EntryList(this.#pieces.with(-1, piece));
  }

  /** Without the newest entry of the item; the same list where there is none. */
  without(itemId: string): EntryList {
    const index = this.#pieceOf(itemId);
    const piece = this.#pieces[index];
    if (piece === undefined) return this;
    const i = piece.itemIds.lastIndexOf(itemId);
    const rest = new Piece(piece.itemIds.toSpliced(i, 1), piece.times.toSpliced(i, 1));
    const next = this.#pieces[index + 1];
    // Or pieces would dwindle, and each costs the same however little it holds.
    if (next && rest.length + next.length <= PIECE) {
      const joined = new Piece(rest.itemIds.concat(next.itemIds), rest.times.concat(next.times));
      return EntryList.ofPieces(this.#pieces.toSpliced(index, 2, joined));
    }
    return EntryList.ofPieces(this.#pieces.toSpliced(index, 1, ...(rest.length === 0 ? [] : [rest])));
  }

  /** The last `count` entries; the same list where it has no more. */
  newest(count: number): EntryList {
    if (this.length <= count) return this;
    let drop = this.length - Math.max(0, count);
    let from = 0;
    for (; from < this.#pieces.length; from += 1) {
      const { length } = this.#pieces[from] ?? { length: 0 };
      if (length > drop) break;
      drop -= length;
    }
    const [head, ...rest] = this.#pieces.slice(from);
    if (head === undefined) return EntryList.EMPTY;
    return new EntryList(
      drop === 0 ? [head, ...rest] : [new Piece(head.itemIds.slice(drop), head.times.slice(drop)), ...rest],
    );
  }

  /** The entries later than a time: the newest part, since times never decrease. The same list where that is all. */
  after(time: number): EntryList {
    let later = 0;
    for (const { times } of this.#pieces) for (const at of times) if (at > time) later += 1;
    return this.newest(later);
  }

  /** How many different items there are. */
  distinct(): number {
    return new Set(this.#pieces.flatMap(({ itemIds }) => itemIds)).size;
  }

  /** The last piece that holds the item, or -1: items come back soon, so this searches from the end. */
  #pieceOf(itemId: string): number {
    let index = this.#pieces.length - 1;
    while (index >= 0 && !this.#pieces[index]?.itemIds.includes(itemId)) index -= 1;
    return index;
  }
}
