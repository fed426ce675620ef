/** Reads one batch of Kafka's message format 2 (record-batch.ts has the layout). */
import { decompress } from './compression.js';

const HEAD = 61;
const LENGTH_AT = 8;
const LENGTH_FROM = 12;
const MAGIC_AT = 16;
const MAGIC = 2;
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const FIRST_TIMESTAMP_AT = 27;
const MAX_TIMESTAMP_AT = 35;
const PRODUCER_ID_AT = 43;
const COUNT_AT = 57;
const COMPRESSION = 0x07;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
/** The largest number that Avro values are checked for (events/wire-cursor.ts). */
const MAX_TIME = 2 ** 52 - 1;

/** Records of one batch, with what the batch says of itself. */
export interface RecordBatch {
  readonly firstOffset: number;
  /** Of the batch as it was written: compaction may have left less. */
  readonly lastOffset: number;
  /** 64 bits as text. */
  readonly producerId: string;
  readonly inTransaction: boolean;
  readonly isControlBatch: boolean;
  readonly records: readonly BatchRecord[];
}

export interface BatchRecord {
  readonly offset: number;
  /** Ms; bounded, since a producer may give any 64 bits, and neither states nor dead letters can hold all of them. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** @throws Error for bytes that are no such batch */
export async function readBatch(bytes: Buffer): Promise<RecordBatch> {
  const magic = bytes.readInt8(MAGIC_AT);
  if (magic !== MAGIC) throw new Error(`it has message format ${magic}, and Kafka 0.11 or newer writes 2`);
  if (bytes.length < HEAD || bytes.length !== LENGTH_FROM + bytes.readInt32BE(LENGTH_AT)) {
    throw new Error('it ends too early');
  }
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT);
  const compression = attributes & COMPRESSION;
  const plain = compression === 0 ? bytes.subarray(HEAD) : await decompress(compression, bytes.subarray(HEAD));
  const firstOffset = Number(bytes.readBigInt64BE(0));
  // A topic may keep the time of writing; then all records have it.
  const isAppendTime = (attributes & LOG_APPEND_TIME) !== 0;
  const first = Number(bytes.readBigInt64BE(isAppendTime ? MAX_TIMESTAMP_AT : FIRST_TIMESTAMP_AT));
  const reader = new RecordReader(plain, firstOffset, first, isAppendTime);
  const count = bytes.readInt32BE(COUNT_AT);
  const records: BatchRecord[] = [];
  while (records.length < count) records.push(reader.record());
  return {
    firstOffset,
    lastOffset: firstOffset + bytes.readInt32BE(LAST_OFFSET_DELTA_AT),
    producerId: String(bytes.readBigInt64BE(PRODUCER_ID_AT)),
    inTransaction: (attributes & TRANSACTIONAL) !== 0,
    isControlBatch: (attributes & CONTROL) !== 0,
    records,
  };
}

class RecordReader {
  #at = 0;

  constructor(
    private readonly bytes: Buffer,
    private readonly firstOffset: number,
    private readonly firstTimestamp: number,
    private readonly isAppendTime: boolean,
  ) {}

  /** Headers are passed over. */
  record(): BatchRecord {
    const length = this.#integer();
    const end = this.#at + length;
    if (length < 0 || end > this.bytes.length) throw new Error('a record ends too early');
    this.#at += 1; // attributes
    const timestampDelta = this.#integer();
    const offsetDelta = this.#integer();
    const [key, value] = [this.#field(), this.#field()];
    if (this.#at > end) throw new Error('a record ends too early');
    this.#at = end;
    const timestamp = this.firstTimestamp + (this.isAppendTime ? 0 : timestampDelta);
    return { offset: this.firstOffset + offsetDelta, timestamp: bounded(timestamp), key, value };
  }

  #field(): Buffer | null {
    const length = this.#integer();
    if (length < 0) return null;
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.bytes.length) throw new Error('a record ends too early');
    return this.bytes.subarray(from, this.#at);
  }

  /** Zigzag, 7 bits a byte, the lowest first, of which the very lowest is the sign. Inexact beyond 53 bits. */
  #integer(): number {
    const first = this.#byte();
    let magnitude = (first & 0x7f) >> 1;
    let byte = first;
    for (let scale = 0x40; byte >= 0x80 && scale < 2 ** 70; scale *= 0x80) {
      byte = this.#byte();
      magnitude += (byte & 0x7f) * scale;
    }
    if (byte >= 0x80) throw new Error('a number does not end');
    return (first & 1) === 0 ? magnitude : -magnitude - 1;
  }

  #byte(): number {
    const byte = this.bytes[this.#at];
    if (byte === undefined) throw new Error('a number does not end');
    this.#at += 1;
    return byte;
  }
}

function bounded(time: number): number {
  return Math.max(-MAX_TIME, Math.min(time, MAX_TIME));
}
