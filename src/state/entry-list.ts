/**
 * An immutable list of entries in the order of time. It is a stretch of pieces, ids and times beside each other:
 *
 *   [. . . x x x] [x x x x x x] [x x x x x x] [x x x x . .]
 *          ^ from                                    ^ to
 *
 * An event adds an entry at the end and takes one from the beginning. Neither copies anything: the last piece grows in
 * place, and only the list that ends where the piece ends may make it grow, so an earlier list never sees what came
 * later; one that branches off copies that piece. Pieces between the ends keep the bytes that they were packed to.
 */
import { PieceIndex, NUMBERS } from './piece-index.js';
import { Likeness } from './packed-ids.js';

/** An accepted interaction of the rolling sequence, or the last one with an item that left it. */
export interface SequenceEntry {
  readonly itemId: string;
  /** Log time, non-decreasing: the greatest broker timestamp of this user so far, ms. */
  readonly at: number;
}

/** Entries of a piece, at most. */
const PIECE = 32;

/** Entries of a list, at least one. What is there never changes; more may come. */
export class Piece {
  /** All of it as packed-entries.ts packs it, where that is worth keeping. */
  packed: Buffer | undefined;
  /** By entry, as far as somebody looked them up: numbers for its ids, and whose they are. */
  numbers: { readonly by: object; readonly of: number[] } | undefined;
  readonly #likeness = new Likeness();

  /** The arrays are the piece's own. `times`: log times, ms. `number`: among those of its list, as PieceIndex knows it. */
  constructor(
    readonly itemIds: string[],
    readonly times: number[],
    readonly number: number,
  ) {}

  get length(): number {
    return this.itemIds.length;
  }

  /** Of its ids: true of each part of it, if not the closest. */
  get likeness(): Likeness {
    while (this.#likeness.count < this.length) this.#likeness.add(this.itemIds[this.#likeness.count] ?? '');
    return this.#likeness;
  }

  get isFull(): boolean {
    return this.length >= PIECE;
  }

  grow({ itemId, at }: SequenceEntry): void {
    this.itemIds.push(itemId);
    this.times.push(at);
    this.packed = undefined;
  }
}

/** What a list has of a piece: entries from `from` to before `to`, at least one. */
export interface Stretch {
  readonly piece: Piece;
  readonly from: number;
  readonly to: number;
}

interface Rolled {
  readonly list: EntryList;
  readonly isNew: boolean;
  readonly gone: SequenceEntry | undefined;
}

export class EntryList implements Iterable<SequenceEntry> {
  static readonly EMPTY = new EntryList([], 0, 0, 0, [], PieceIndex.unmade());

  readonly #pieces: readonly Piece[];
  /** Where it begins in the first piece. */
  readonly #from: number;
  /** Where it ends in the last one. */
  readonly #to: number;
  readonly #index: PieceIndex;
  /** Items that come again, as often as they do: few, or none. Undefined while nobody counted. */
  #again: readonly string[] | undefined;
  readonly length: number;

  private constructor(
    pieces: readonly Piece[],
    from: number,
    to: number,
    length: number,
    again: readonly string[] | undefined,
    index: PieceIndex,
  ) {
    this.#pieces = pieces;
    this.#from = from;
    this.#to = to;
    this.length = length;
    this.#again = again;
    this.#index = index;
  }

  static of(entries: Iterable<SequenceEntry>): EntryList {
    const pieces: Piece[] = [];
    for (const entry of entries) {
      const last = pieces.at(-1);
      if (last?.isFull === false) last.grow(entry);
      else pieces.push(new Piece([entry.itemId], [entry.at], numberAfter(last)));
    }
    return EntryList.ofPieces(pieces);
  }

  /** None of them empty, and all of them this list's own. */
  static ofPieces(pieces: readonly Piece[]): EntryList {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    return new EntryList(pieces, 0, pieces.at(-1)?.length ?? 0, length, undefined, PieceIndex.unmade());
  }

  get stretches(): readonly Stretch[] {
    return this.#pieces.map((piece, i) => ({ piece, from: this.#fromOf(i), to: this.#toOf(i) }));
  }

  *[Symbol.iterator](): Generator<SequenceEntry> {
    for (const { piece, from, to } of this.stretches) {
      for (let i = from; i < to; i += 1) yield entryOf(piece, i);
    }
  }

  /** As JSON an array, whatever the pieces. */
  toJSON(): readonly SequenceEntry[] {
    return [...this];
  }

  get first(): SequenceEntry | undefined {
    const piece = this.#pieces[0];
    return piece && entryOf(piece, this.#from);
  }

  has(itemId: string): boolean {
    return this.#pieceOf(itemId) !== -1;
  }

  /** How many different items there are. */
  get distinct(): number {
    return this.length - this.#repeats().length;
  }

  /** @param isAgain whether its item is in the list; looked up unless given */
  with(entry: SequenceEntry, isAgain = this.#isCounted() && this.has(entry.itemId)): EntryList {
    const before = this.#isCounted() ? this.#repeats() : undefined;
    const index = this.#index.forNext();
    const pieces = this.#grown(entry);
    const last = pieces.at(-1);
    index.add(entry.itemId, last?.number ?? 0);
    const again = before && isAgain ? [...before, entry.itemId] : before;
    return new EntryList(pieces, this.#from, last?.length ?? 0, this.length + 1, again, index);
  }

  /** Without the newest entry of the item; the same list where there is none. */
  without(itemId: string): EntryList {
    const index = this.#pieceOf(itemId);
    const piece = this.#pieces[index];
    if (piece === undefined) return this;
    if (this.length === 1) return EntryList.EMPTY;
    const entries = copied(piece, this.#fromOf(index), this.#toOf(index));
    const at = entries.itemIds.lastIndexOf(itemId);
    const rest = new Piece(entries.itemIds.toSpliced(at, 1), entries.times.toSpliced(at, 1), piece.number);
    const next = this.#pieces[index + 1];
    // Or pieces would dwindle, and each costs the same however little it holds.
    const isMerged = next !== undefined && rest.length + this.#toOf(index + 1) <= PIECE;
    const places = this.#index.forNext();
    if (isMerged) {
      for (let i = 0; i < this.#toOf(index + 1); i += 1) {
        const entry = entryOf(next, i);
        rest.grow(entry);
        places.add(entry.itemId, rest.number);
      }
    }
    const pieces = this.#pieces.toSpliced(index, isMerged ? 2 : 1, ...(rest.length > 0 ? [rest] : []));
    const from = index === 0 ? 0 : this.#from;
    const last = pieces.at(-1);
    const isLastOther = last !== undefined && last !== this.#pieces.at(-1);
    // It may grow now, and stands between others in an earlier list.
    if (isLastOther && last !== rest) pieces[pieces.length - 1] = copied(last, 0, last.length);
    const to = isLastOther ? last.length : this.#to;
    const again = this.#again && withoutOne(this.#again, itemId);
    return new EntryList(pieces, from, to, this.length - 1, again, places);
  }

  /** The last `count` entries; the same list where it has no more. */
  newest(count: number): EntryList {
    if (this.length <= count) return this;
    if (count <= 0) return EntryList.EMPTY;
    const drop = this.length - count;
    const again = drop === 1 && this.#again ? withoutOne(this.#again, this.first?.itemId) : undefined;
    let from = this.#from + drop;
    let gone = 0;
    for (const { length } of this.#pieces) {
      if (from < length) break;
      from -= length;
      gone += 1;
    }
    const pieces = gone === 0 ? this.#pieces : this.#pieces.slice(gone);
    return new EntryList(pieces, from, this.#to, count, again, this.#index.forNext());
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
    for (const { at } of this) if (at > time) later += 1;
    return this.newest(later);
  }

  #fromOf(index: number): number {
    return index === 0 ? this.#from : 0;
  }

  #toOf(index: number): number {
    return index === this.#pieces.length - 1 ? this.#to : (this.#pieces[index]?.length ?? 0);
  }

  /** The pieces with an entry more; the same array where the last one has grown. */
  #grown(entry: SequenceEntry): readonly Piece[] {
    const last = this.#pieces.at(-1);
    if (last === undefined || this.#to >= PIECE)
      return [...this.#pieces, new Piece([entry.itemId], [entry.at], numberAfter(last))];
    if (last.length === this.#to) {
      last.grow(entry);
      return this.#pieces;
    }
    const own = copied(last, 0, this.#to);
    own.grow(entry);
    return this.#pieces.with(-1, own);
  }

  /** To count takes as long as to make an index, and is worth it for the same lists. */
  #isCounted(): boolean {
    return this.#again !== undefined || this.#index.isMade;
  }

  #repeats(): readonly string[] {
    if (this.#again === undefined) {
      const seen = new Set<string>();
      const isAgain = ({ itemId }: SequenceEntry): boolean => seen.size === seen.add(itemId).size;
      this.#again = [...this].filter(isAgain).map(({ itemId }) => itemId);
    }
    return this.#again;
  }

  /** Tells each item with the number of its piece. */
  #place(add: (itemId: string, number: number) => void): void {
    for (const { piece, from, to } of this.stretches) {
      for (let i = from; i < to; i += 1) add(piece.itemIds[i] ?? '', piece.number);
    }
  }

  /** Where the last piece is that holds the item; -1 for none. */
  #pieceOf(itemId: string): number {
    // What is empty is everyone's.
    if (this.length === 0) return -1;
    const numbers = this.#index.numbersOf(itemId, this.length, (add) => {
      this.#place(add);
    });
    if (numbers?.length === 0) return -1;
    return this.#pieces.findLastIndex((piece, i) => {
      if (numbers !== undefined && !numbers.includes(piece.number)) return false;
      return piece.itemIds.lastIndexOf(itemId, this.#toOf(i) - 1) >= this.#fromOf(i);
    });
  }
}

function entryOf({ itemIds, times }: Piece, i: number): SequenceEntry {
  return { itemId: itemIds[i] ?? '', at: times[i] ?? 0 };
}

function copied(piece: Piece, from: number, to: number): Piece {
  const { itemIds, times } = piece;
  return new Piece(itemIds.slice(from, to), times.slice(from, to), piece.number);
}

/** Of a piece that comes after another. */
export function numberAfter(piece: Piece | undefined): number {
  return piece === undefined || piece.number + 1 === NUMBERS ? 1 : piece.number + 1;
}

/** The same list where the item is not in it. */
function withoutOne(itemIds: readonly string[], itemId: string | undefined): readonly string[] {
  const index = itemIds.findIndex((one) => one === itemId);
  return index === -1 ? itemIds : itemIds.toSpliced(index, 1);
}
