import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutgoingRecord } from '../../ports/log.js';
import { partitionOf } from '../../events/murmur2.js';
import { placed } from './parts.js';

/** What a broker takes in one batch by its default configuration. */
const BATCH_LIMIT = 1_048_588;

const COUNTS = new Map([
  ['a', 3],
  ['b', 1],
]);

const record = fc.record({
  topic: fc.constantFrom('a', 'b'),
  key: fc.option(fc.uint8Array({ maxLength: 9 }).map(Buffer.from)),
  size: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 500_000 })),
});

function outgoing(sizes: readonly { topic: string; key: Buffer | null; size: number }[]): OutgoingRecord[] {
  return sizes.map(({ topic, key, size }) => ({ topic, key, value: Buffer.alloc(size) }));
}

describe('placed', () => {
  it('keeps every record, and for each partition its order; a key decides the partition', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 20 }), (sizes) => {
        const records = outgoing(sizes);
        const sent = placed(records, COUNTS).flat();
        expect(sent.flatMap(({ records: own }) => own)).toHaveLength(records.length);
        for (const [topic, count] of COUNTS) {
          for (let partition = 0; partition < count; partition += 1) {
            const there = sent
              .filter((part) => part.topic === topic && part.partition === partition)
              .flatMap(({ records: own }) => own.map(({ value }) => value));
            const given = records
              .filter((one) => one.topic === topic && (one.key ? partitionOf(one.key, count) : 0) === partition)
              .map(({ value }) => value);
            expect(there).toHaveLength(given.length);
            for (const [index, value] of given.entries()) expect(there[index]).toBe(value);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('makes none that is larger than a broker takes, unless one record alone is', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 20 }), (sizes) => {
        for (const portion of placed(outgoing(sizes), COUNTS)) {
          const written = portion.flatMap((part) => part.records);
          const bytes = written.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
          expect(bytes < BATCH_LIMIT || written.length === 1).toBe(true);
          expect(written.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 30 },
    );
  });
});
