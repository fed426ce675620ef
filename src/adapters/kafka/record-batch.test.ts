import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutgoingRecord } from '../../ports/log.js';
import { batchCodec, registerCodecs } from './compression.js';
import { crc32c } from './crc32c.js';
import { ProtocolDecoder } from './internals.js';
import { COMPRESSIONS } from './options.js';
import { readBatch } from './read-batch.js';
import { encodeBatch } from './record-batch.js';

const require = createRequire(import.meta.url);
/** kafkajs's own ways, a record and a byte at a time: they read what we write, and write what we read. */
const peer = {
  crc32c: require('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (bytes: Buffer) => number,
  decode: require('kafkajs/src/protocol/recordBatch/v0/decoder.js') as (decoder: unknown) => Promise<{
    readonly records: readonly { offset: string; timestamp: string; key: Buffer | null; value: Buffer | null }[];
  }>,
  record: require('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (record: object) => unknown,
  batch: (
    require('kafkajs/src/protocol/recordBatch/v0/index.js') as {
      readonly RecordBatch: (batch: object) => Promise<{ readonly buffer: Buffer }>;
    }
  ).RecordBatch,
};
registerCodecs();

const bytes = fc.uint8Array({ maxLength: 300 }).map((some) => Buffer.from(some));
const record: fc.Arbitrary<OutgoingRecord> = fc.record(
  {
    topic: fc.constant('t'),
    key: fc.option(bytes),
    value: fc.option(bytes),
    timestamp: fc.oneof(fc.nat({ max: 2 ** 31 - 1 }), fc.double({ min: 0, max: 2 ** 50, noNaN: true })),
  },
  { requiredKeys: ['topic', 'key', 'value'] },
);
const records = fc.array(record, { minLength: 1, maxLength: 40 });
const compression = fc.constantFrom(...COMPRESSIONS);
const producing = { producerId: '9007199254740993', producerEpoch: 7 };
const NOW = 1_795_854_540_443;

describe('encodeBatch', () => {
  it('is read by kafkajs as what was written, whatever the compression', async () => {
    await fc.assert(
      fc.asyncProperty(records, compression, async (written, name) => {
        const batch = await encodeBatch(written, producing, 41, NOW, batchCodec(name));
        const decoded = await peer.decode(new ProtocolDecoder(batch));
        expect(decoded).toMatchObject({
          firstOffset: '0',
          lastOffsetDelta: written.length - 1,
          producerId: producing.producerId,
          producerEpoch: 7,
          firstSequence: 41,
          inTransaction: true,
          isControlBatch: false,
        });
        const times = written.map(({ timestamp = NOW }) => Math.trunc(timestamp));
        expect(decoded.records.map(({ offset, timestamp, key, value }) => [offset, timestamp, key, value])).toEqual(
          written.map(({ key, value }, i) => [String(i), String(times[i]), key, value]),
        );
        expect(batch.readBigInt64BE(35)).toBe(BigInt(Math.max(...times)));
        expect(batch.readUInt32BE(17)).toBe(peer.crc32c(batch.subarray(21)) >>> 0);
      }),
    );
  });
});

/** As kafkajs writes it: with headers, and deltas of any sign. */
async function writtenByPeer(batch: {
  readonly values: readonly OutgoingRecord[];
  readonly firstTimestamp?: string;
  readonly deltas?: readonly number[];
  readonly codec?: number;
  readonly attributes?: number;
}): Promise<Buffer> {
  const { values, firstTimestamp = '0', deltas = [], codec = 0, attributes = 0 } = batch;
  const encoded = await peer.batch({
    compression: codec,
    records: values.map(({ key, value }, i) =>
      peer.record({
        key,
        value,
        offsetDelta: i,
        timestampDelta: deltas[i] ?? 0,
        headers: { trace: 'x', again: ['y', 'z'] },
      }),
    ),
    firstTimestamp,
    maxTimestamp: '77',
    producerId: '-1',
    lastOffsetDelta: values.length - 1,
    firstOffset: 1000,
  });
  const raw = Buffer.from(encoded.buffer);
  raw.writeInt16BE(raw.readInt16BE(21) | attributes, 21);
  return raw;
}

describe('readBatch', () => {
  it('reads what kafkajs wrote, headers and all', async () => {
    await fc.assert(
      fc.asyncProperty(
        records,
        compression,
        fc.array(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), { minLength: 40, maxLength: 40 }),
        async (values, name, deltas) => {
          const codec = batchCodec(name)?.type ?? 0;
          const raw = await writtenByPeer({ values, firstTimestamp: String(2 ** 41), deltas, codec });
          const read = await readBatch(raw);
          expect(read).toMatchObject({
            firstOffset: 1000,
            lastOffset: 999 + values.length,
            producerId: '-1',
            inTransaction: false,
            isControlBatch: false,
          });
          expect(read.records).toEqual(
            values.map(({ key, value }, i) => ({
              offset: 1000 + i,
              timestamp: 2 ** 41 + (deltas[i] ?? 0),
              key,
              value,
            })),
          );
        },
      ),
    );
  });

  it('cuts times that nothing of ours could hold, and takes the time of writing where the topic keeps that', async () => {
    const values = [{ topic: 't', key: null, value: null }];
    const timeOf = async (firstTimestamp: string, attributes = 0): Promise<number | undefined> =>
      (await readBatch(await writtenByPeer({ values, firstTimestamp, attributes }))).records[0]?.timestamp;
    expect(await timeOf('7')).toBe(7);
    expect(await timeOf('-1')).toBe(-1);
    expect(await timeOf(String(2n ** 62n))).toBe(2 ** 52 - 1);
    expect(await timeOf(String(-(2n ** 63n)))).toBe(1 - 2 ** 52);
    expect(await timeOf('7', 0x08)).toBe(77);
  });

  it('ends in an error, and soon, for bytes that are no batch', async () => {
    const whole = await encodeBatch(
      [{ topic: 't', key: Buffer.from('k'), value: Buffer.alloc(40) }],
      producing,
      0,
      NOW,
    );
    for (let length = 17; length < whole.length; length += 1) {
      await expect(readBatch(whole.subarray(0, length))).rejects.toThrow();
    }
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 62 }), fc.nat({ max: 255 }), async (at, byte) => {
        const broken = Buffer.from(whole);
        broken[61 + at] = byte;
        const read = await readBatch(broken).catch((error: unknown) => error);
        if (!(read instanceof Error)) expect(read).toMatchObject({ firstOffset: 0 });
      }),
    );
    const unknown = Buffer.from(whole);
    unknown.writeInt16BE(0x15, 21);
    await expect(readBatch(unknown)).rejects.toThrow('unknown compression, 5');
  });
});

describe('a batch of ours', () => {
  it('keeps times that lie as far apart as they can', async () => {
    const times = [2 ** 52 - 1, 1 - 2 ** 52, 0, -1, 63, 64, -64, -65];
    const values = times.map((timestamp) => ({ topic: 't', key: null, value: null, timestamp }));
    const read = await readBatch(await encodeBatch(values, producing, 0, NOW));
    expect(read.records.map(({ timestamp }) => timestamp)).toEqual(times);
  });
});

describe('crc32c', () => {
  it('is that of the polynomial of Castagnoli', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    fc.assert(
      fc.property(bytes, fc.nat({ max: 9 }), (some, from) => {
        expect(crc32c(some, Math.min(from, some.length))).toBe(peer.crc32c(some.subarray(from)) >>> 0);
      }),
    );
  });
});
