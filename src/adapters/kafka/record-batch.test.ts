import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutgoingRecord } from '../../ports/log.js';
import { batchCodec, registerCodecs } from './compression.js';
import { crc32c } from './crc32c.js';
import { decodeRecordBatch, ProtocolDecoder } from './internals.js';
import { COMPRESSIONS } from './options.js';
import { encodeBatch } from './record-batch.js';

/** kafkajs's own, of one byte at a time. */
const reference = createRequire(import.meta.url)('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (
  bytes: Buffer,
) => number;

const bytes = fc.uint8Array({ maxLength: 300 }).map((some) => Buffer.from(some));
const record: fc.Arbitrary<OutgoingRecord> = fc.record(
  {
    topic: fc.constant('t'),
    key: fc.option(bytes),
    value: fc.option(bytes),
    timestamp: fc.oneof(fc.nat({ max: 2 ** 31 - 1 }), fc.double({ min: 0, max: 2 ** 52, noNaN: true })),
  },
  { requiredKeys: ['topic', 'key', 'value'] },
);
const producing = { producerId: '9007199254740993', producerEpoch: 7 };
const NOW = 1_795_854_540_443;

describe('encodeBatch', () => {
  it('is read by kafkajs as what was written, whatever the compression', async () => {
    registerCodecs();
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(...COMPRESSIONS),
        async (records, compression) => {
          const batch = await encodeBatch(records, producing, 41, NOW, batchCodec(compression));
          const decoded = await decodeRecordBatch(new ProtocolDecoder(batch));
          expect(decoded).toMatchObject({
            firstOffset: '0',
            lastOffsetDelta: records.length - 1,
            producerId: producing.producerId,
            producerEpoch: 7,
            firstSequence: 41,
            inTransaction: true,
            isControlBatch: false,
          });
          const times = records.map(({ timestamp = NOW }) => Math.trunc(timestamp));
          expect(decoded.records.map(({ offset, timestamp, key, value }) => [offset, timestamp, key, value])).toEqual(
            records.map(({ key, value }, i) => [String(i), String(times[i]), key, value]),
          );
          expect(batch.readBigInt64BE(35)).toBe(BigInt(Math.max(...times)));
          expect(batch.readUInt32BE(17)).toBe(reference(batch.subarray(21)) >>> 0);
        },
      ),
    );
  });
});

describe('crc32c', () => {
  it('is that of the polynomial of Castagnoli', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    fc.assert(
      fc.property(bytes, fc.nat({ max: 9 }), (some, from) => {
        expect(crc32c(some, Math.min(from, some.length))).toBe(reference(some.subarray(from)) >>> 0);
      }),
    );
  });
});
