/**
 * The entries of a list of a history, in few bits: 200 entries of 6-character ids, minutes to days apart, take 1.2 KB,
 * where an Avro array of records takes 2.2 KB. Without it a user's state falls into the next larger of the sizes in
 * which Redis allocates, 2,560 bytes (docs/adr/0008-redis-state-store.md).
 *
 * Each piece of the list is a chunk by itself. Of a list that rolls only the pieces at its ends are packed anew; the bytes
 * of the others are kept with them.
 *
 *   a chunk: its length in bytes (24 bits), then count - 1 (6 bits), time of its first entry (53), ids (packed-ids.ts),
 *   then the distance from each entry to the next
 *   distances: bits of the longest (6), whether each has its own length (1);
 *     if so: bits of the shortest (6), then for each its length, and its bits without the leading 1; if not: its bits
 */
import { BitReader, BitWriter, bitLength } from './bits.js';
import { EntryList, numberAfter, Piece, type Stretch } from './entry-list.js';
import { readIds, writeIds } from './packed-ids.js';

/** 64 ids of the greatest length take 131 KB. */
const LENGTH_BYTES = 3;
const COUNT_BITS = 6;
const TIME_BITS = 53;
const WIDTH_BITS = 6;
const WIDTH_MAX = 53;

/** What is packed at the moment: a buffer for each would be most of the work. */
const writer = new BitWriter();

/** None are no bytes. */
export function packEntries({ stretches }: EntryList): Buffer {
  const chunks: Buffer[] = [];
  for (const [i, stretch] of stretches.entries()) {
    const { piece, from, to } = stretch;
    const isWhole = from === 0 && to === piece.length;
    if (isWhole && piece.packed) chunks.push(piece.packed);
    else if (isWhole && (piece.isFull || i < stretches.length - 1))
      chunks.push((piece.packed = joined([packChunk(stretch)])));
    else chunks.push(packChunk(stretch));
  }
  return Buffer.concat(chunks);
}

/** @throws Error for bytes that no list was packed to */
export function unpackEntries(bytes: Buffer): EntryList {
  const pieces: Piece[] = [];
  // What is given here is a piece of a much larger buffer.
  const own = joined([bytes]);
  for (let at = 0; at < bytes.length; ) {
    const end =
      at + LENGTH_BYTES < bytes.length
        ? at + LENGTH_BYTES + bytes.readUIntBE(at, LENGTH_BYTES)
        : Number.POSITIVE_INFINITY;
    if (end > bytes.length) throw new Error('packed bits end too early');
    const piece = unpackChunk(own.subarray(at + LENGTH_BYTES, end), numberAfter(pieces.at(-1)));
    piece.packed = own.subarray(at, end);
    pieces.push(piece);
    at = end;
  }
  return EntryList.ofPieces(pieces);
}

/** A copy outside the buffers that Node shares among small ones: one that lives long would keep all of such a buffer. */
function joined(parts: readonly Buffer[]): Buffer {
  const whole = Buffer.allocUnsafeSlow(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) at += part.copy(whole, at);
  return whole;
}

function packChunk({ piece, from, to }: Stretch): Buffer {
  const { itemIds, times, likeness } = piece;
  writer.restart();
  writer.write(0, LENGTH_BYTES * 8);
  writer.write(to - from - 1, COUNT_BITS);
  writer.write(times[from] ?? 0, TIME_BITS);
  writeIds(writer, itemIds, from, to, likeness);
  writeDistances(writer, times, from, to - 1);
  const bytes = writer.bytes();
  bytes.writeUIntBE(bytes.length - LENGTH_BYTES, 0, LENGTH_BYTES);
  return bytes;
}

function unpackChunk(bytes: Buffer, number: number): Piece {
  const reader = new BitReader(bytes);
  const count = reader.read(COUNT_BITS) + 1;
  let at = reader.read(TIME_BITS);
  const itemIds = readIds(reader, count);
  const distances = readDistances(reader, count - 1);
  const times = new Array<number>(count);
  for (let i = 0; i < count; i += 1) {
    times[i] = at;
    at += distances[i] ?? 0;
  }
  return new Piece(itemIds, times, number);
}

/** Distances of the chunk that is packed at the moment, and their lengths in bits: in arrays of numbers none is boxed. */
const distances = new Float64Array(2 ** COUNT_BITS);
const lengths = new Uint8Array(2 ** COUNT_BITS);

/** Of the entries from one to before another, to the entry after each, ms. */
function writeDistances(writer: BitWriter, times: readonly number[], from: number, to: number): void {
  const count = to - from;
  let longest = 0;
  let shortest = WIDTH_MAX;
  let bits = 0;
  for (let i = 0; i < count; i += 1) {
    const distance = (times[from + i + 1] ?? 0) - (times[from + i] ?? 0);
    const length = distance < 2 ** 32 ? 32 - Math.clz32(distance) : bitLength(distance);
    distances[i] = distance;
    lengths[i] = length;
    if (length > longest) longest = length;
    if (length < shortest) shortest = length;
    if (length > 1) bits += length - 1;
  }
  const lengthBits = bitLength(Math.max(0, longest - shortest));
  const each = bits + lengthBits * count < longest * count;
  writer.write(longest, WIDTH_BITS);
  writer.write(each ? 1 : 0, 1);
  if (each) writer.write(shortest, WIDTH_BITS);
  for (let i = 0; i < count; i += 1) {
    const length = lengths[i] ?? 0;
    if (!each) writeDistance(writer, i, longest);
    else {
      writer.write(length - shortest, lengthBits);
      // Its leading 1 is in its length.
      if (length > 1) writeDistance(writer, i, length - 1);
    }
  }
}

/** Its lowest bits. */
function writeDistance(writer: BitWriter, i: number, bits: number): void {
  const distance = distances[i] ?? 0;
  if (bits < 31) writer.write(distance & (2 ** bits - 1), bits);
  else writer.write(distance % 2 ** bits, bits);
}

function readDistances(reader: BitReader, count: number): readonly number[] {
  const longest = reader.read(WIDTH_BITS);
  const found = new Array<number>(count);
  if (reader.read(1) === 0) {
    for (let i = 0; i < count; i += 1) found[i] = reader.read(longest);
    return found;
  }
  const shortest = reader.read(WIDTH_BITS);
  const lengthBits = bitLength(Math.max(0, longest - shortest));
  for (let i = 0; i < count; i += 1) {
    const length = shortest + reader.read(lengthBits);
    found[i] = length === 0 ? 0 : 2 ** (length - 1) + (length > 1 ? reader.read(length - 1) : 0);
  }
  return found;
}
