/** Records as they are written: each to the partition of its key, in portions that a broker takes. Pure. */
import { partitionOf } from '../../events/murmur2.js';
import type { OutgoingRecord } from '../../ports/log.js';

/** Brokers take batches of 1 MiB unless told otherwise, and one is made of all records for a partition. */
const MAX_BYTES = 800_000;
const RECORD_OVERHEAD = 100;

/** Records of one partition, in their order. */
export interface Part {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly OutgoingRecord[];
}

/** Portions to be written one after the other; `counts`: partitions by topic. */
export function placed(
  records: readonly OutgoingRecord[],
  counts: ReadonlyMap<string, number>,
): readonly (readonly Part[])[] {
  return portions(records).map((portion) => partsOf(portion, counts));
}

function portions(records: readonly OutgoingRecord[]): readonly (readonly OutgoingRecord[])[] {
  const all: OutgoingRecord[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const record of records) {
    const size = RECORD_OVERHEAD + (record.key?.length ?? 0) + (record.value?.length ?? 0);
    if (bytes + size > MAX_BYTES) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1)?.push(record);
    bytes += size;
  }
  return all;
}

function partsOf(records: readonly OutgoingRecord[], counts: ReadonlyMap<string, number>): readonly Part[] {
  const parts = new Map<string, Part & { readonly records: OutgoingRecord[] }>();
  for (const record of records) {
    const { topic, key } = record;
    // Records without a key are of no one, and have no order to keep but their own.
    const partition = key === null ? 0 : partitionOf(key, counts.get(topic) ?? 1);
    const place = `${topic}/${partition}`;
    const part = parts.get(place) ?? { topic, partition, records: [] };
    part.records.push(record);
    parts.set(place, part);
  }
  return [...parts.values()];
}
