/** The newest records of the inputs, looked at as the service would: would they be dead letters, and why? */
import type { Config } from '../../config.js';
import type { DeadLetterReason } from '../../events/events.js';
import type { WireFormat } from '../../events/wire-format.js';
import type { Log } from '../../ports/log.js';
import { createInputDecoder, type DeadInput } from '../../stream/inputs.js';
import { INPUT_ROLES } from './wanted.js';

export interface Sampled {
  readonly topic: string;
  readonly records: number;
  /** By reason. */
  readonly dead: ReadonlyMap<DeadLetterReason, readonly DeadInput[]>;
}

/** @param count of each partition, at most */
export async function sampleInputs(
  log: Log,
  wire: WireFormat,
  { topics, maxRecordBytes }: Pick<Config, 'topics' | 'maxRecordBytes'>,
  partitions: number,
  count: number,
): Promise<readonly Sampled[]> {
  const decode = createInputDecoder(topics, partitions, maxRecordBytes, wire);
  const sampled: Sampled[] = [];
  for (const role of INPUT_ROLES) {
    const topic = topics[role];
    const dead: DeadInput[] = [];
    let records = 0;
    for (const [partition, { first, end }] of (await log.extents(topic)).entries()) {
      const newest = await log.read(topic, partition, Math.max(first, end - count), count);
      const inputs = await decode(newest.records);
      records += inputs.length;
      dead.push(...inputs.filter((input) => input.kind === 'dead'));
    }
    sampled.push({ topic, records, dead: Map.groupBy(dead, ({ reason }) => reason) });
  }
  return sampled;
}

/** One line for each topic, and one for each reason with an example. */
export function sampleLines(sampled: readonly Sampled[]): readonly string[] {
  return sampled.flatMap(({ topic, records, dead }) => {
    const reasons = [...dead].toSorted(([, a], [, b]) => b.length - a.length);
    const bad = reasons.reduce((sum, [, inputs]) => sum + inputs.length, 0);
    return [
      `${topic}: ${bad} of the ${records} newest records are no use`,
      ...reasons.map(([reason, inputs]) => {
        const [{ record, message }] = inputs as [DeadInput];
        return `  ${reason}: ${inputs.length}, as at ${record.partition}/${record.offset}: ${message}`;
      }),
    ];
  });
}
