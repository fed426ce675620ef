/**
 * The entries of a list of a history, in few bits: 200 entries of 6-character ids, minutes to days apart, take 1.1 KB,
 * where an Avro array of records takes 2.2 KB. Without it a user's state falls into the next larger of the sizes in
 * which Redis allocates, 2,560 bytes (docs/adr/0008-redis-state-store.md).
 *
 *   count (20 bits), ids (packed-ids.ts), then times as distances: from the last entry to `clock` (its length, its bits),
 *   then from each entry to the next
 *   distances: bits of the longest (6), whether each has its own length (1);
 *     if so: bits of the shortest (6), then for each its length, and its bits without the leading 1; if not: its bits
 */
import { BitReader, BitWriter, bitLength } from './bits.js';
import { readIds, writeIds } from './packed-ids.js';
import type { SequenceEntry } from './user-state.js';

const COUNT_BITS = 20;
const WIDTH_BITS = 6;
const WIDTH_MAX = 53;
const NOTHING = Buffer.alloc(0);

/** Entries in the order of time, the last at or before `clock`; none are no bytes. */
export function packEntries(entries: readonly SequenceEntry[], clock: number): Buffer {
  if (entries.length === 0) return NOTHING;
  if (entries.length >= 2 ** COUNT_BITS) throw new Error(`a list of ${entries.length} entries is too long for a state`);
  const writer = new BitWriter();
  writer.write(entries.length, COUNT_BITS);
  writeIds(
    writer,
    entries.map(({ itemId }) => itemId),
  );
  // Apart from the others: it is 0 unless the newest event was a hide, and would make every length wider.
  const last = clock - (entries.at(-1)?.at ?? 0);
  writer.write(bitLength(last), WIDTH_BITS);
  writer.write(last, bitLength(last));
  writeDistances(
    writer,
    entries.slice(1).map(({ at }, i) => at - (entries[i]?.at ?? 0)),
  );
  return writer.bytes();
}

/** @throws Error for bytes that no list was packed to */
export function unpackEntries(bytes: Uint8Array, clock: number): readonly SequenceEntry[] {
  if (bytes.length === 0) return [];
  const reader = new BitReader(bytes);
  const count = reader.read(COUNT_BITS);
  const ids = readIds(reader, count);
  const last = reader.read(reader.read(WIDTH_BITS));
  const distances = readDistances(reader, Math.max(0, count - 1));
  let at = clock - last - distances.reduce((sum, distance) => sum + distance, 0);
  return ids.map((itemId, i) => {
    const entry = { itemId, at };
    at += distances[i] ?? 0;
    return entry;
  });
}

function writeDistances(writer: BitWriter, distances: readonly number[]): void {
  let longest = 0;
  let shortest = WIDTH_MAX;
  let bits = 0;
  for (const distance of distances) {
    const length = bitLength(distance);
    longest = Math.max(longest, length);
    shortest = Math.min(shortest, length);
    bits += Math.max(0, length - 1);
  }
  const lengthBits = bitLength(Math.max(0, longest - shortest));
  const each = bits + lengthBits * distances.length < longest * distances.length;
  writer.write(longest, WIDTH_BITS);
  writer.write(each ? 1 : 0, 1);
  if (each) writer.write(shortest, WIDTH_BITS);
  for (const distance of distances) {
    if (!each) writer.write(distance, longest);
    else {
      const length = bitLength(distance);
      writer.write(length - shortest, lengthBits);
      if (length > 1) writer.write(distance - 2 ** (length - 1), length - 1);
    }
  }
}

function readDistances(reader: BitReader, count: number): readonly number[] {
  const longest = reader.read(WIDTH_BITS);
  if (reader.read(1) === 0) return Array.from({ length: count }, () => reader.read(longest));
  const shortest = reader.read(WIDTH_BITS);
  const lengthBits = bitLength(Math.max(0, longest - shortest));
  return Array.from({ length: count }, () => {
    const length = shortest + reader.read(lengthBits);
    return length === 0 ? 0 : 2 ** (length - 1) + (length > 1 ? reader.read(length - 1) : 0);
  });
}
