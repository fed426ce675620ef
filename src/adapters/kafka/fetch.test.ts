import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Unavailable } from '../../ports/errors.js';
import { type Aborted, committed, type FetchAt, fetchPartition } from './fetch.js';
import type { ConnectionPool, ProtocolCall } from './internals.js';
import type { RecordBatch } from './read-batch.js';

const AT: FetchAt = { topic: 't', partition: 3, from: 0, maxBytes: 1024, waitMs: 0 };
/** kafkajs takes a record with this key for the mark of an abort. */
const FOUR_ZEROS = Buffer.alloc(4);

interface Batch {
  readonly producer: string;
  readonly inTransaction: boolean;
  readonly offset: number;
  readonly count: number;
}

function batch({ producer, inTransaction, offset, count }: Batch, kept = count): RecordBatch {
  return {
    firstOffset: offset,
    lastOffset: offset + count - 1,
    producerId: producer,
    inTransaction,
    isControlBatch: false,
    records: Array.from({ length: kept }, (_, index) => ({
      offset: offset + index,
      timestamp: 7,
      key: FOUR_ZEROS,
      value: Buffer.from(String(offset + index)),
    })),
  };
}

function marker(producer: string, offset: number): RecordBatch {
  return { ...batch({ producer, inTransaction: true, offset, count: 1 }), isControlBatch: true };
}

interface History {
  readonly batches: readonly RecordBatch[];
  readonly aborted: readonly (Aborted & { readonly end: number })[];
  /** Offsets that a reader sees. */
  readonly visible: readonly number[];
}

/** A log as several producers write it, each with one open transaction at most. */
const histories = fc
  .array(
    fc.record({
      producer: fc.constantFrom('1', '2', '3'),
      act: fc.constantFrom('write' as const, 'write' as const, 'plain' as const, 'commit' as const, 'abort' as const),
      count: fc.integer({ min: 1, max: 3 }),
    }),
    { maxLength: 30 },
  )
  .map((acts): History => {
    const open = new Map<string, number[]>();
    const history = {
      batches: [] as RecordBatch[],
      aborted: [] as History['aborted'][number][],
      visible: [] as number[],
    };
    let offset = 0;
    const end = (producer: string, isCommit: boolean): void => {
      const offsets = open.get(producer);
      if (!offsets) return;
      open.delete(producer);
      if (isCommit) history.visible.push(...offsets);
      else history.aborted.push({ producerId: producer, firstOffset: offsets[0]!, end: offset });
      history.batches.push(marker(producer, offset));
      offset += 1;
    };
    for (const { producer, act, count } of acts) {
      if (act === 'commit' || act === 'abort') end(producer, act === 'commit');
      else {
        const offsets = Array.from({ length: count }, (_, index) => offset + index);
        if (act === 'plain') history.visible.push(...offsets);
        else open.set(producer, [...(open.get(producer) ?? []), ...offsets]);
        const isPlain = act === 'plain';
        history.batches.push(batch({ producer: isPlain ? '-1' : producer, inTransaction: !isPlain, offset, count }));
        offset += count;
      }
    }
    // What is not decided is not served.
    for (const producer of [...open.keys()]) end(producer, true);
    return history;
  });

describe('committed', () => {
  it('is what was not aborted, from wherever it is read and however transactions overlap', () => {
    fc.assert(
      fc.property(histories, fc.nat({ max: 40 }), ({ batches, aborted, visible }, from) => {
        const served = batches.filter(({ lastOffset }) => lastOffset >= from);
        // As the broker lists them: by where they end, those that touch the stretch.
        const listed = aborted.filter(({ end }) => end >= from);
        const { records, next } = committed(served, listed, { ...AT, from });
        const expected = visible.filter((offset) => offset >= from).sort((a, b) => a - b);
        expect(records.map(({ offset }) => offset)).toEqual(expected);
        expect(next).toBe(served.length === 0 ? from : served.at(-1)!.lastOffset + 1);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps a record whose key is four zero bytes, and drops it with its transaction', () => {
    const write = (offset: number) => batch({ producer: '1', inTransaction: true, offset, count: 2 });
    const all = [write(0), write(2), marker('1', 4)];
    expect(committed(all, [], AT).records).toHaveLength(4);
    expect(committed(all, [{ producerId: '1', firstOffset: 0 }], AT)).toEqual({ records: [], next: 5 });
  });

  it('goes on past what compaction left of a batch, and past markers', () => {
    const emptied = batch({ producer: '-1', inTransaction: false, offset: 0, count: 10 }, 0);
    const thinned = batch({ producer: '-1', inTransaction: false, offset: 20, count: 5 }, 1);
    expect(committed([emptied], [], AT)).toEqual({ records: [], next: 10 });
    expect(committed([emptied, thinned, marker('2', 25)], [], AT)).toMatchObject({
      records: [{ offset: 20 }],
      next: 26,
    });
  });
});

describe('fetchPartition', () => {
  /** Answers with a batch of these bytes at offset 42. */
  function answering(batchBytes: Buffer): ConnectionPool {
    const head = Buffer.alloc(12);
    head.writeBigInt64BE(42n);
    head.writeInt32BE(batchBytes.length, 8);
    const records = Buffer.concat([head, batchBytes]);
    const numbers = (...of: [bytes: 2 | 4 | 8, value: number][]): Buffer =>
      Buffer.concat(
        of.map(([bytes, value]) => {
          const number = Buffer.alloc(8);
          number.writeBigInt64BE(BigInt(value));
          return number.subarray(8 - bytes);
        }),
      );
    const raw = Buffer.concat([
      numbers([4, 0], [2, 0], [4, 0], [4, 1], [2, 1]),
      Buffer.from('t'),
      numbers([4, 1], [4, 3], [2, 0], [8, 50], [8, 50], [8, 5], [4, 0], [4, -1], [4, records.length]),
      records,
    ]);
    const send = async <T>({ response }: ProtocolCall<T>): Promise<T> =>
      response.parse((await response.decode(raw)) as never);
    return { send } as unknown as ConnectionPool;
  }

  it.each([
    ['of an old format', Buffer.from([0, 0, 0, 0, 1, 0, 0, 0]), /message format 1/],
    ['that is cut within its records', Buffer.concat([Buffer.from([0, 0, 0, 0, 2]), Buffer.alloc(9)]), /offset 42/],
  ])('skips no batch %s: it names it, and the task waits', async (_, bytes, message) => {
    const failure = await fetchPartition(answering(bytes), AT).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Unavailable);
    expect((failure as Error).message).toMatch(message);
    expect((failure as Error).message).toContain('"t" 3');
  });
});
