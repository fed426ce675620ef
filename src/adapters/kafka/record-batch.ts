/**
 * Records as one batch of Kafka's message format 2, written once into one buffer: kafkajs makes a buffer of each record,
 * and of each of its parts, a quarter of what writing a list costs.
 *
 *   first offset (8)  length (4)  leader epoch (4)  magic (1)  CRC-32C of what follows (4)
 *   attributes (2)  last offset delta (4)  first and greatest timestamp (8, 8)
 *   producer id (8)  its epoch (2)  first sequence number (4)  count (4)  records
 *   a record: length, attributes (1), timestamp delta, offset delta, key length, key, value length, value, header count
 */
import type { OutgoingRecord } from '../../ports/log.js';
import { crc32c } from './crc32c.js';
import type { Producing } from './internals.js';

const HEAD = 61;
const LENGTH_AT = 8;
const LENGTH_FROM = 12;
const MAGIC_AT = 16;
const MAGIC = 2;
const CRC_AT = 17;
const CRC_FROM = 21;
const TRANSACTIONAL = 0x10;
const ATTRIBUTES_AND_HEADERS = 2;
/** Lengths and deltas of a record, at most. */
const RECORD_OVERHEAD = 40;

/** Compresses records; `type` stands in the batch's attributes. */
export interface BatchCodec {
  readonly type: number;
  compress(bytes: Buffer): Promise<Buffer>;
}

/**
 * The batch of a transaction. `now`: time of records that have none, ms. `codec`: none unless given.
 * @param firstSequence of the producer for this partition
 */
export async function encodeBatch(
  records: readonly OutgoingRecord[],
  { producerId, producerEpoch }: Pick<Producing, 'producerId' | 'producerEpoch'>,
  firstSequence: number,
  now: number,
  codec?: BatchCodec,
): Promise<Buffer> {
  const first = timeOf(records[0], now);
  let latest = first;
  let size = HEAD;
  for (const record of records) {
    latest = Math.max(latest, timeOf(record, now));
    size += RECORD_OVERHEAD + lengthOf(record.key) + lengthOf(record.value);
  }
  const bytes = Buffer.allocUnsafe(size);
  const writer = new RecordWriter(bytes, HEAD);
  let offset = 0;
  for (const record of records) {
    writer.record(record, timeOf(record, now) - first, offset);
    offset += 1;
  }
  const plain = bytes.subarray(0, writer.end);
  const batch = codec ? Buffer.concat([plain.subarray(0, HEAD), await codec.compress(plain.subarray(HEAD))]) : plain;
  batch.fill(0, 0, HEAD);
  batch.writeInt32BE(batch.length - LENGTH_FROM, LENGTH_AT);
  batch.writeInt8(MAGIC, MAGIC_AT);
  let at = batch.writeInt16BE(TRANSACTIONAL | (codec?.type ?? 0), CRC_FROM);
  at = batch.writeInt32BE(records.length - 1, at);
  at = batch.writeBigInt64BE(BigInt(first), at);
  at = batch.writeBigInt64BE(BigInt(latest), at);
  at = batch.writeBigInt64BE(BigInt(String(producerId)), at);
  at = batch.writeInt16BE(producerEpoch, at);
  at = batch.writeInt32BE(firstSequence, at);
  batch.writeInt32BE(records.length, at);
  batch.writeUInt32BE(crc32c(batch, CRC_FROM), CRC_AT);
  return batch;
}

function timeOf(record: OutgoingRecord | undefined, now: number): number {
  return Math.trunc(record?.timestamp ?? now);
}

function lengthOf(bytes: Buffer | null): number {
  return bytes?.length ?? 0;
}

class RecordWriter {
  constructor(
    private readonly bytes: Buffer,
    public end: number,
  ) {}

  record({ key, value }: OutgoingRecord, timestampDelta: number, offsetDelta: number): void {
    const length =
      ATTRIBUTES_AND_HEADERS +
      sizeOf(timestampDelta) +
      sizeOf(offsetDelta) +
      sizeOf(key?.length ?? -1) +
      lengthOf(key) +
      sizeOf(value?.length ?? -1) +
      lengthOf(value);
    this.#integer(length);
    this.#integer(0);
    this.#integer(timestampDelta);
    this.#integer(offsetDelta);
    this.#field(key);
    this.#field(value);
    this.#integer(0);
  }

  #field(bytes: Buffer | null): void {
    this.#integer(bytes?.length ?? -1);
    if (!bytes) return;
    bytes.copy(this.bytes, this.end);
    this.end += bytes.length;
  }

  /** Zigzag, 7 bits a byte, the lowest first, of which the very lowest is the sign. Exact for all safe integers. */
  #integer(value: number): void {
    const magnitude = magnitudeOf(value);
    let byte = (magnitude % 0x40) * 2 + (value < 0 ? 1 : 0);
    // As a number and not by shifts: distances of times may be longer than 32 bits.
    for (let rest = Math.floor(magnitude / 0x40); rest > 0; rest = Math.floor(rest / 0x80)) {
      this.bytes[this.end] = byte | 0x80;
      this.end += 1;
      byte = rest % 0x80;
    }
    this.bytes[this.end] = byte;
    this.end += 1;
  }
}

function sizeOf(value: number): number {
  let size = 1;
  for (let rest = Math.floor(magnitudeOf(value) / 0x40); rest > 0; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
}

/** 0 and -1 have none. */
function magnitudeOf(value: number): number {
  return value < 0 ? -value - 1 : value;
}
