/**
 * One fetch of one partition, decoded by us: kafkajs's own consumer resets silently to another offset when the log no
 * longer holds the one asked for, forgets batches that compaction emptied, and confuses the bounds of aborted
 * transactions when several overlap.
 */
import { Unavailable } from '../../ports/errors.js';
import type { LogRecord } from '../../ports/log.js';
import {
  type ConnectionPool,
  createErrorFromCode,
  type Decoder,
  fetchRequest,
  ProtocolDecoder,
  type ProtocolCall,
} from './internals.js';
import { readBatch, type RecordBatch } from './read-batch.js';

const OFFSET_OUT_OF_RANGE = 1;
const READ_COMMITTED = 1;
/** Time for the answer beyond the wait that was asked for, ms. */
const PATIENCE = 10_000;
/** Where a batch says how long it is, and the bytes before what that counts. */
const LENGTH_AT = 8;
const HEAD = 12;
/** With so many bytes at hand no more are fetched, however few records they are: huge ones are anyone's to send. */
export const ENOUGH_BYTES = 16 * 1024 * 1024;

export interface FetchAt {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  /** Of the answer; a first batch that is larger comes whole. */
  readonly maxBytes: number;
  /** Longest wait for a first record, ms. */
  readonly waitMs: number;
}

export interface Fetched {
  /** The log does not hold the offset asked for: it lies before its first, or beyond its end. */
  readonly isOutOfRange: boolean;
  /** Committed records, in order. */
  readonly records: readonly LogRecord[];
  /** After everything that was read, markers and aborted records included. */
  readonly next: number;
  /** The log's first offset. */
  readonly first: number;
  /** Records before this are decided: committed or aborted. */
  readonly end: number;
}

/** An aborted transaction of a fetched stretch. */
export interface Aborted {
  readonly producerId: string;
  readonly firstOffset: number;
}

/** @throws what kafkajs throws for the error of the answer */
export async function fetchPartition(connections: ConnectionPool, at: FetchAt): Promise<Fetched> {
  const { topic, partition, from, maxBytes, waitMs } = at;
  const request = fetchRequest({
    replicaId: -1,
    maxWaitTime: Math.ceil(waitMs),
    minBytes: 1,
    maxBytes,
    isolationLevel: READ_COMMITTED,
    topics: [{ topic, partitions: [{ partition, fetchOffset: String(from), maxBytes }] }],
  });
  const call: ProtocolCall<Fetched> = {
    request,
    // Both parts are needed: kafkajs looks for errors in the second.
    response: { decode: (raw) => decodeAnswer(raw, at), parse: (fetched: Fetched) => fetched },
    requestTimeout: Math.ceil(waitMs) + PATIENCE,
  };
  return connections.send(call);
}

async function decodeAnswer(raw: Buffer, at: FetchAt): Promise<Fetched> {
  const decoder = new ProtocolDecoder(raw);
  decoder.readInt32(); // throttle time
  failOn(decoder.readInt16());
  decoder.readInt32(); // session
  const [fetched] = (
    await decoder.readArrayAsync(async (topic) => {
      topic.readString();
      return topic.readArrayAsync((partition) => decodePartition(partition, at));
    })
  ).flat();
  if (!fetched) throw new Error(`Kafka answered a fetch of "${at.topic}" ${at.partition} without that partition`);
  return fetched;
}

async function decodePartition(decoder: Decoder, at: FetchAt): Promise<Fetched> {
  decoder.readInt32(); // partition
  const error = decoder.readInt16();
  decoder.readInt64(); // high watermark
  const end = Number(decoder.readInt64());
  const first = Number(decoder.readInt64());
  const aborted = decoder.readArray(
    (one): Aborted => ({ producerId: String(one.readInt64()), firstOffset: Number(one.readInt64()) }),
  );
  decoder.readInt32(); // preferred read replica
  const bytes = decoder.readBytes() as Buffer | null;
  const isOutOfRange = error === OFFSET_OUT_OF_RANGE;
  if (!isOutOfRange) failOn(error);
  const batches = bytes === null ? [] : await decodeBatches(bytes, at);
  return { isOutOfRange, ...committed(batches, aborted, at), first, end };
}

function failOn(error: number): void {
  if (error !== 0) throw createErrorFromCode(error);
}

/** What values take: keys are short, or the record is a dead letter soon. */
export function sizeOf(records: readonly { readonly value: Buffer | null }[]): number {
  return records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
}

/**
 * Whole batches only: an answer may end within one. Compressed ones may expand a thousandfold: those that are left when
 * there is enough are fetched again.
 */
async function decodeBatches(bytes: Buffer, { topic, partition }: FetchAt): Promise<readonly RecordBatch[]> {
  const batches: RecordBatch[] = [];
  let size = 0;
  for (let at = 0; at + HEAD <= bytes.length && size < ENOUGH_BYTES; ) {
    const end = at + HEAD + bytes.readInt32BE(at + LENGTH_AT);
    if (end > bytes.length) break;
    const batch = bytes.subarray(at, end);
    try {
      const decoded = await readBatch(batch);
      batches.push(decoded);
      size += sizeOf(decoded.records);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Nothing may be skipped, and the other tasks go on.
      throw new Unavailable(
        `the batch at offset ${batch.readBigInt64BE()} of "${topic}" ${partition} cannot be read: ${reason}`,
        { cause: error },
      );
    }
    at = end;
  }
  return batches;
}

/** The records of batches from an offset on that are no markers and were not aborted. Pure. */
export function committed(
  batches: readonly RecordBatch[],
  aborted: readonly Aborted[],
  { topic, partition, from }: Pick<FetchAt, 'topic' | 'partition' | 'from'>,
): Pick<Fetched, 'records' | 'next'> {
  // The broker lists them by their ends, not by their beginnings.
  const ahead = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<string>();
  const records: LogRecord[] = [];
  let next = from;
  for (const batch of batches) {
    next = Math.max(next, batch.lastOffset + 1);
    while (ahead[0] && ahead[0].firstOffset <= batch.lastOffset) open.add((ahead.shift() as Aborted).producerId);
    if (batch.isControlBatch) open.delete(batch.producerId);
    else if (!batch.inTransaction || !open.has(batch.producerId)) {
      for (const { offset, timestamp, key, value } of batch.records) {
        if (offset >= from) records.push({ topic, partition, offset, timestamp, key, value });
      }
    }
  }
  return { records, next };
}
