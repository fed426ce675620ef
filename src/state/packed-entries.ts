/**
 * The entries of a list of a history, in few bits: 200 entries of 6-character ids, minutes to days apart, take 1.2 KB,
 * where an Avro array of records takes 2.2 KB. Without it a user's state falls into the next larger of the sizes in
 * which Redis allocates, 2,560 bytes (docs/adr/0008-redis-state-store.md).
 *
 * A list is cut into chunks where the times of its entries say, so that one more entry at the end, or one less at the
 * beginning, leaves most chunks what they were: their bytes are remembered, and a state that changes by one interaction
 * is packed in a fifth of the time.
 *
 *   a chunk: its length in bytes (24 bits), then count - 1 (6 bits), time of its first entry (53), ids (packed-ids.ts),
 *   then the distance from each entry to the next
 *   distances: bits of the longest (6), whether each has its own length (1);
 *     if so: bits of the shortest (6), then for each its length, and its bits without the leading 1; if not: its bits
 */
import { BitReader, BitWriter, bitLength } from './bits.js';
import { readIds, writeIds } from './packed-ids.js';
import type { SequenceEntry } from './user-state.js';

/** 64 ids of the greatest length take 131 KB. */
const LENGTH_BYTES = 3;
const MIN_CHUNK = 16;
const MAX_CHUNK = 64;
const COUNT_BITS = 6;
const TIME_BITS = 53;
const WIDTH_BITS = 6;
const WIDTH_MAX = 53;
/** About one entry in 32 begins a chunk. */
const BOUNDARY_SHIFT = 27;
const GOLDEN = 0x9e3779b1;

interface Packed {
  readonly entries: readonly SequenceEntry[];
  readonly bytes: Buffer;
}

/** By a chunk's first entry. Entries are never changed, so what is made of the same ones is the same. */
const remembered = new WeakMap<SequenceEntry, Packed>();

/** Entries in the order of time; none are no bytes. */
export function packEntries(entries: readonly SequenceEntry[]): Buffer {
  const chunks: Buffer[] = [];
  for (let from = 0; from < entries.length; ) {
    const to = chunkEnd(entries, from);
    chunks.push(packedChunk(entries, from, to));
    from = to;
  }
  return Buffer.concat(chunks);
}

/** @throws Error for bytes that no list was packed to */
export function unpackEntries(bytes: Buffer): readonly SequenceEntry[] {
  const entries: SequenceEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end =
      at + LENGTH_BYTES < bytes.length
        ? at + LENGTH_BYTES + bytes.readUIntBE(at, LENGTH_BYTES)
        : Number.POSITIVE_INFINITY;
    if (end > bytes.length) throw new Error('packed bits end too early');
    const chunk = unpackChunk(bytes.subarray(at + LENGTH_BYTES, end));
    // A copy: these bytes are a piece of a much larger buffer.
    remember(chunk, Buffer.from(bytes.subarray(at, end)));
    for (const entry of chunk) entries.push(entry);
    at = end;
  }
  return entries;
}

/** Where the chunk ends that begins at `from`: before an entry whose time is a boundary, within the bounds. */
function chunkEnd(entries: readonly SequenceEntry[], from: number): number {
  const most = Math.min(entries.length, from + MAX_CHUNK);
  let end = from + MIN_CHUNK;
  while (end < most && Math.imul((entries[end]?.at ?? 0) | 0, GOLDEN) >>> BOUNDARY_SHIFT !== 0) end += 1;
  return Math.min(end, most);
}

function packedChunk(entries: readonly SequenceEntry[], from: number, to: number): Buffer {
  const first = entries[from];
  const known = first && remembered.get(first);
  if (known && isSame(known.entries, entries, from, to)) return known.bytes;
  const chunk = entries.slice(from, to);
  const bytes = packChunk(chunk);
  remember(chunk, bytes);
  return bytes;
}

function isSame(known: readonly SequenceEntry[], entries: readonly SequenceEntry[], from: number, to: number): boolean {
  if (known.length !== to - from) return false;
  for (let i = 0; i < known.length; i += 1) if (known[i] !== entries[from + i]) return false;
  return true;
}

function remember(entries: readonly SequenceEntry[], bytes: Buffer): void {
  const first = entries[0];
  if (first) remembered.set(first, { entries, bytes });
}

function packChunk(chunk: readonly SequenceEntry[]): Buffer {
  const writer = new BitWriter();
  writer.write(0, LENGTH_BYTES * 8);
  writer.write(chunk.length - 1, COUNT_BITS);
  writer.write(chunk[0]?.at ?? 0, TIME_BITS);
  writeIds(writer, chunk);
  writeDistances(writer, chunk);
  const bytes = writer.bytes();
  bytes.writeUIntBE(bytes.length - LENGTH_BYTES, 0, LENGTH_BYTES);
  return bytes;
}

function unpackChunk(bytes: Buffer): readonly SequenceEntry[] {
  const reader = new BitReader(bytes);
  const count = reader.read(COUNT_BITS) + 1;
  let at = reader.read(TIME_BITS);
  const ids = readIds(reader, count);
  const distances = readDistances(reader, count - 1);
  const entries = new Array<SequenceEntry>(count);
  for (let i = 0; i < count; i += 1) {
    entries[i] = { itemId: ids[i] ?? '', at };
    at += distances[i] ?? 0;
  }
  return entries;
}

function writeDistances(writer: BitWriter, chunk: readonly SequenceEntry[]): void {
  const count = chunk.length - 1;
  let longest = 0;
  let shortest = WIDTH_MAX;
  let bits = 0;
  for (let i = 0; i < count; i += 1) {
    const length = bitLength(distanceAfter(chunk, i));
    longest = Math.max(longest, length);
    shortest = Math.min(shortest, length);
    bits += Math.max(0, length - 1);
  }
  const lengthBits = bitLength(Math.max(0, longest - shortest));
  const each = bits + lengthBits * count < longest * count;
  writer.write(longest, WIDTH_BITS);
  writer.write(each ? 1 : 0, 1);
  if (each) writer.write(shortest, WIDTH_BITS);
  for (let i = 0; i < count; i += 1) {
    const distance = distanceAfter(chunk, i);
    if (!each) writer.write(distance, longest);
    else {
      const length = bitLength(distance);
      writer.write(length - shortest, lengthBits);
      if (length > 1) writer.write(distance - 2 ** (length - 1), length - 1);
    }
  }
}

/** From an entry to the next, ms. */
function distanceAfter(chunk: readonly SequenceEntry[], i: number): number {
  return (chunk[i + 1]?.at ?? 0) - (chunk[i]?.at ?? 0);
}

function readDistances(reader: BitReader, count: number): readonly number[] {
  const longest = reader.read(WIDTH_BITS);
  const distances = new Array<number>(count);
  if (reader.read(1) === 0) {
    for (let i = 0; i < count; i += 1) distances[i] = reader.read(longest);
    return distances;
  }
  const shortest = reader.read(WIDTH_BITS);
  const lengthBits = bitLength(Math.max(0, longest - shortest));
  for (let i = 0; i < count; i += 1) {
    const length = shortest + reader.read(lengthBits);
    distances[i] = length === 0 ? 0 : 2 ** (length - 1) + (length > 1 ? reader.read(length - 1) : 0);
  }
  return distances;
}
