import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutgoingRecord } from '../../ports/log.js';
import { portions } from './transactions.js';

/** What a broker takes in one batch by its default configuration. */
const BATCH_LIMIT = 1_048_588;

const record = fc.record({
  topic: fc.constantFrom('a', 'b'),
  key: fc.option(fc.uint8Array({ maxLength: 9 }).map(Buffer.from)),
  size: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 500_000 })),
});

function outgoing(sizes: readonly { topic: string; key: Buffer | null; size: number }[]): OutgoingRecord[] {
  return sizes.map(({ topic, key, size }) => ({ topic, key, value: Buffer.alloc(size) }));
}

describe('portions', () => {
  it('keeps every record, and for each topic its order', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 20 }), (sizes) => {
        const records = outgoing(sizes);
        for (const topic of ['a', 'b']) {
          const sent = portions(records)
            .flat()
            .filter((of) => of.topic === topic)
            .flatMap(({ messages }) => messages.map(({ value }) => value));
          const given = records.filter((one) => one.topic === topic).map(({ value }) => value);
          expect(sent).toHaveLength(given.length);
          for (const [index, value] of given.entries()) expect(sent[index]).toBe(value);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('makes none that is larger than a broker takes, unless one record alone is', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 20 }), (sizes) => {
        for (const portion of portions(outgoing(sizes))) {
          const messages = portion.flatMap((of) => of.messages);
          const bytes = messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
          expect(bytes < BATCH_LIMIT || messages.length === 1).toBe(true);
          expect(messages.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('keeps a timestamp as whole milliseconds, and gives none where none is', () => {
    const value = Buffer.from('x');
    const [[of] = []] = portions([
      { topic: 'a', key: null, value, timestamp: 12.7 },
      { topic: 'a', key: null, value },
    ]);
    expect(of?.messages).toEqual([
      { key: null, value, timestamp: '12' },
      { key: null, value },
    ]);
  });
});
