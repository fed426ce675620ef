/** A snapshot: which part of the log a dataset is made from. */
import { createHash } from 'node:crypto';
import type { Snapshot } from '../../src/checkpoint/manifest.js';
import type { Log, LogRecord } from '../../src/ports/log.js';
import { breathe } from '../context.js';
import { topicExtents } from '../topics.js';
import { UserError } from '../../src/terminal/user-error.js';

export interface TakenSnapshot {
  /** By topic, by partition, [first offset, end offset). */
  readonly snapshot: Snapshot;
  /** SHA-256 (hex) over the first and the last record of every partition: another log has another one. */
  readonly fingerprint: string;
}

const CHUNK = 10_000;

/** The whole of the topics, as it is now. @throws UserError for a topic that the log does not have. */
export async function takeSnapshot(log: Log, topics: readonly string[]): Promise<TakenSnapshot> {
  const snapshot: Record<string, [number, number][]> = {};
  const hash = createHash('sha256');
  for (const topic of topics) {
    const extents = await topicExtents(log, topic);
    if (extents === undefined) throw new UserError(`the log has no topic ${topic}: import something first`);
    snapshot[topic] = extents.map(({ first, end }) => [first, end]);
    for (const [partition, { first, end }] of extents.entries()) {
      for (const offset of first < end ? [first, end - 1] : []) {
        const [record] = (await log.read(topic, partition, offset, 1)).records;
        if (record !== undefined) hash.update(digest(record));
      }
    }
  }
  return { snapshot, fingerprint: hash.digest('hex') };
}

/**
 * The records of one partition that the snapshot holds, in order, by chunks.
 * @throws UserError when the log deleted some of them meanwhile.
 */
export async function* readSnapshot(
  log: Log,
  topic: string,
  partition: number,
  [first, end]: readonly [number, number],
  signal: AbortSignal,
): AsyncGenerator<readonly LogRecord[]> {
  for (let offset = first; offset < end; ) {
    await breathe(signal);
    const result = await log.read(topic, partition, offset, Math.min(CHUNK, end - offset));
    if (result.first > offset) {
      throw new UserError(`the log deleted the beginning of ${topic}-${partition} while it was read; run this again`);
    }
    if (result.next <= offset) throw new Error(`${topic}-${partition} ends at ${offset}, before its end ${end}`);
    offset = result.next;
    yield result.records.filter((record) => record.offset < end);
  }
}

function digest(record: LogRecord): Buffer {
  const hash = createHash('sha256').update(`${record.offset} ${record.timestamp} ${record.key?.length ?? -1} `);
  if (record.key !== null) hash.update(record.key);
  if (record.value !== null) hash.update(record.value);
  return hash.digest();
}
