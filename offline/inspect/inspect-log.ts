/** What a log holds: topics, partitions, records, times; and the newest records of a topic, decoded. */
import type { Decoder } from '../../src/events/codec.js';
import { CONTRACTS, type ContractName } from '../../src/events/contracts.js';
import type { LogRecord, PartitionExtent } from '../../src/ports/log.js';
import type { OfflineContext } from '../context.js';
import { groups } from '../../src/terminal/progress.js';
import { topicExtents } from '../topics.js';
import { UserError } from '../../src/terminal/user-error.js';

const CONTRACT_NAMES = Object.keys(CONTRACTS) as readonly ContractName[];

/** Prints one line for every partition of every topic that is there. */
export async function inspectLog({ log, config, print }: OfflineContext): Promise<void> {
  for (const topic of Object.values(config.topics)) {
    const extents = await topicExtents(log, topic);
    if (extents === undefined) {
      print(`${topic}: not there`);
      continue;
    }
    const records = extents.reduce((sum, { first, end }) => sum + end - first, 0);
    print(`${topic}: ${groups(records)} records in ${extents.length} partitions`);
    for (const [partition, extent] of extents.entries()) {
      print(`  ${partition}: offsets ${extent.first} to ${extent.end}${await times(log, topic, partition, extent)}`);
    }
  }
}

/** Prints the newest records of one topic as JSON lines, by partition. */
export async function inspectTopic({ log, wire, print }: OfflineContext, topic: string, last: number): Promise<void> {
  const extents = await topicExtents(log, topic);
  if (extents === undefined) throw new UserError(`the log has no topic ${topic}`);
  for (const [partition, { first, end }] of extents.entries()) {
    const { records } = await log.read(topic, partition, Math.max(first, end - last), last);
    const decoders = await wire.prepare(records);
    const named = CONTRACT_NAMES.map((contract) => [contract, decoders(contract)] as const);
    for (const record of records) print(JSON.stringify(readable(record, named)));
  }
}

async function times(
  log: OfflineContext['log'],
  topic: string,
  partition: number,
  { first, end }: PartitionExtent,
): Promise<string> {
  if (first === end) return ', empty';
  const [oldest] = (await log.read(topic, partition, first, 1)).records;
  const [newest] = (await log.read(topic, partition, end - 1, 1)).records;
  if (oldest === undefined || newest === undefined) return '';
  return `, ${new Date(oldest.timestamp).toISOString()} to ${new Date(newest.timestamp).toISOString()}`;
}

/** The value is decoded by whatever contract it was written with. */
function readable(
  { value, key, timestamp, ...position }: LogRecord,
  decoders: readonly (readonly [ContractName, Decoder<unknown>])[],
): object {
  const shown = { ...position, timestamp: new Date(timestamp).toISOString(), key: key?.toString() ?? null };
  if (value === null) return { ...shown, value: null };
  for (const [contract, decoder] of decoders) {
    const decoded = decoder.decode(value);
    if (decoded.ok) return { ...shown, contract, value: decoded.value };
  }
  return { ...shown, unreadable: value.subarray(0, 100).toString('hex') };
}
