/**
 * Item ids in few bits. Ids of one catalogue are alike, so what they share is written once: the text they all begin
 * with, and how many symbols are in use. The rest of an id is digits of a number in that base, in groups that fit a
 * double exactly. 200 ids of 6 decimal digits take 20 bits each, ids such as "i00042" 17.
 *
 *   form (1 bit: packed, or plain)
 *   packed: length of the common beginning (8), its symbols (7 each), length of the longest rest (8), whether rests
 *           differ in length (1), base (7), then the groups of each id. Where lengths differ, 0 stands for "no more".
 *   plain:  for each id the number of its UTF-8 bytes (16), and these
 */
import { bitLength, type BitReader, type BitWriter } from './bits.js';

/** Printable ASCII, so that the alphabets in common use are beginnings of it: their bases are small. */
const SYMBOLS =
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_' + '!"#$%&\'()*+,./:;<=>?@[\\]^`{|}~ ';
const NO_SYMBOL = 127;
/** By character code; codes of digits, after 0 for "no more". */
const SYMBOL_OF = new Uint8Array(128).fill(NO_SYMBOL);
const CODE_OF = new Uint8Array(256);
for (let i = 0; i < SYMBOLS.length; i += 1) {
  SYMBOL_OF[SYMBOLS.charCodeAt(i)] = i;
  CODE_OF[i + 1] = SYMBOLS.charCodeAt(i);
}
const MAX_LENGTH = 255;

interface Shape {
  readonly prefix: string;
  /** Of the rests. */
  readonly longest: number;
  readonly differ: boolean;
  readonly base: number;
}

/**
 * What ids have in common: enough to say how they are packed. That of some of them is true of them, too, if not the
 * closest, so a piece that loses ids need not look at the others again.
 */
export class Likeness {
  /** Ids in it. */
  count = 0;
  first = '';
  /** Characters that all begin with, at least. */
  shared = 0;
  longest = 0;
  shortest = 0;
  /** The greatest symbol after what they share; -1: there is nothing; NO_SYMBOL: they cannot be packed. */
  highest = -1;

  add(id: string): void {
    this.count += 1;
    if (this.count === 1) {
      this.first = id;
      this.shared = id.length;
      this.longest = id.length;
      this.shortest = id.length;
      return;
    }
    const shared = sharedLength(this.first, id, Math.min(this.shared, id.length));
    // Where less is shared, what was shared by all comes to what comes after it.
    const begun = highestOf(this.first, shared, this.shared);
    this.highest = Math.max(this.highest, begun, highestOf(id, shared, id.length));
    this.shared = shared;
    this.longest = Math.max(this.longest, id.length);
    this.shortest = Math.min(this.shortest, id.length);
  }
}

function highestOf(id: string, from: number, to: number): number {
  let highest = -1;
  for (let i = from; i < to; i += 1) highest = Math.max(highest, symbolAt(id, i));
  return highest;
}

/**
 * The ids from one to before another.
 * @param likeness of these, and perhaps of others
 */
export function writeIds(
  writer: BitWriter,
  ids: readonly string[],
  from: number,
  to: number,
  likeness: Likeness,
): void {
  const shape = shapeOf(ids, from, to, likeness);
  if (shape === undefined) {
    writer.write(1, 1);
    for (let i = from; i < to; i += 1) writePlain(writer, ids[i] ?? '');
    return;
  }
  const { prefix, longest, differ, base } = shape;
  writer.write(0, 1);
  writer.write(prefix.length, 8);
  for (let i = 0; i < prefix.length; i += 1) writer.write(symbolAt(prefix, i), 7);
  writer.write(longest, 8);
  writer.write(differ ? 1 : 0, 1);
  writer.write(base, 7);
  const groups = groupsOf(shape);
  for (let i = from; i < to; i += 1) {
    const id = ids[i] ?? '';
    let at = prefix.length;
    for (const { symbols, bits } of groups) {
      let number = 0;
      for (const end = at + symbols; at < end; at += 1) number = number * base + digitAt(id, at, differ);
      writer.write(number, bits);
    }
  }
}

/** @throws Error for bits that no ids were packed to */
export function readIds(reader: BitReader, count: number): string[] {
  if (reader.read(1) === 1) return Array.from({ length: count }, () => readPlain(reader));
  const prefix = Array.from({ length: reader.read(8) }, () => SYMBOLS.charAt(reader.read(7))).join('');
  const shape: Shape = { prefix, longest: reader.read(8), differ: reader.read(1) === 1, base: reader.read(7) };
  const groups = groupsOf(shape);
  if (count * bitsOf(groups) > reader.left || (shape.longest > 0 && shape.base < 2)) {
    throw new Error('packed ids end too early');
  }
  return readPacked(reader, count, shape, groups);
}

/** All ids in one text first, each as long as the longest: thousands of small texts are slow to make. */
function readPacked(reader: BitReader, count: number, shape: Shape, groups: readonly Group[]): string[] {
  const { prefix, longest, differ, base } = shape;
  const stride = prefix.length + longest;
  const codes = Buffer.alloc(count * stride);
  const offset = differ ? 0 : 1;
  for (let id = 0; id < count; id += 1) {
    let start = id * stride;
    for (let i = 0; i < prefix.length; i += 1) codes[start + i] = prefix.charCodeAt(i);
    start += prefix.length;
    for (const { symbols, bits } of groups) {
      let number = reader.read(bits);
      for (let i = start + symbols - 1; i >= start; i -= 1) {
        const rest = bits <= 30 ? (number / base) | 0 : Math.floor(number / base);
        codes[i] = CODE_OF[number - rest * base + offset] ?? 0;
        number = rest;
      }
      start += symbols;
    }
  }
  const text = codes.toString('latin1');
  const ids = new Array<string>(count);
  for (let id = 0; id < count; id += 1) {
    const start = id * stride;
    let end = start + stride;
    while (differ && end > start && codes[end - 1] === 0) end -= 1;
    ids[id] = text.slice(start, end);
  }
  return ids;
}

/** Undefined where packing does not fit, or would not be shorter. */
function shapeOf(
  ids: readonly string[],
  from: number,
  to: number,
  { first, shared, longest, shortest, highest }: Likeness,
): Shape | undefined {
  if (longest > MAX_LENGTH || Math.max(highest, highestOf(first, 0, shared)) === NO_SYMBOL) return undefined;
  const differ = shortest < longest;
  const shape = { prefix: first.slice(0, shared), longest: longest - shared, differ, base: highest + (differ ? 2 : 1) };
  const count = to - from;
  let characters = 0;
  for (let i = from; i < to; i += 1) characters += ids[i]?.length ?? 0;
  return count * bitsOf(groupsOf(shape)) + shared * 7 <= count * 16 + characters * 8 ? shape : undefined;
}

function sharedLength(one: string, other: string, most: number): number {
  let length = 0;
  while (length < most && one.charCodeAt(length) === other.charCodeAt(length)) length += 1;
  return length;
}

interface Group {
  readonly symbols: number;
  readonly bits: number;
}

/** As many symbols in a group as a double holds exactly. */
function groupsOf({ longest, base }: Shape): readonly Group[] {
  const groups: Group[] = [];
  for (let left = longest; left > 0; ) {
    let symbols = 0;
    let numbers = 1;
    while (symbols < left && numbers * base <= 2 ** 53) {
      symbols += 1;
      numbers *= base;
    }
    groups.push({ symbols, bits: bitLength(numbers - 1) });
    left -= symbols;
  }
  return groups;
}

function bitsOf(groups: readonly Group[]): number {
  return groups.reduce((sum, { bits }) => sum + bits, 0);
}

function digitAt(id: string, at: number, differ: boolean): number {
  if (!differ) return symbolAt(id, at);
  return at < id.length ? symbolAt(id, at) + 1 : 0;
}

function symbolAt(text: string, at: number): number {
  return SYMBOL_OF[text.charCodeAt(at)] ?? NO_SYMBOL;
}

function writePlain(writer: BitWriter, id: string): void {
  const bytes = Buffer.from(id);
  writer.write(bytes.length, 16);
  for (const byte of bytes) writer.write(byte, 8);
}

function readPlain(reader: BitReader): string {
  return Buffer.from(Array.from({ length: reader.read(16) }, () => reader.read(8))).toString();
}
