/** Every bad record has exactly one dead letter, with the right reason and the original bytes; nothing else has one. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { DeadLetter } from '../../../src/events/events.js';
import { decode } from './bytes.js';
import type { Oracle } from './oracle.js';
import type { Read } from './topics.js';

/** Bytes of an original value that a dead letter keeps. */
const KEPT = 256 * 1024;

export function judgeDeadLetters(records: readonly Read[], { dead }: Oracle, differ: (what: string) => void): void {
  const place = (of: { topic: string; partition: number; offset: number }): string =>
    `${of.topic} ${of.partition} ${of.offset}`;
  const written = Map.groupBy(
    records.map(({ value }) => decode('dead-letter', value!) as DeadLetter),
    ({ source }) => place(source),
  );
  for (const { record, reason } of dead) {
    const here = place(record);
    const letters = written.get(here) ?? [];
    written.delete(here);
    const [letter] = letters;
    if (letters.length !== 1 || !letter) {
      differ(`${letters.length} dead letters for ${here} (${reason})`);
      continue;
    }
    const { key, value } = record;
    const expected = {
      reason,
      key: key?.toString('hex'),
      value: value?.subarray(0, KEPT).toString('hex'),
      valueLength: value?.length ?? 0,
      valueSha256: value && createHash('sha256').update(value).digest('hex'),
      sourceTimestamp: record.timestamp,
    };
    const actual = {
      reason: letter.reason,
      key: letter.key?.toString('hex'),
      value: letter.value?.toString('hex'),
      valueLength: letter.valueLength,
      valueSha256: letter.valueSha256,
      sourceTimestamp: letter.sourceTimestamp,
    };
    if (!isDeepStrictEqual(actual, expected))
      differ(`the dead letter of ${here} is ${letter.reason}, not ${reason}, or has other bytes`);
  }
  for (const here of written.keys()) differ(`a dead letter for ${here}, which is sound or before the start`);
}
