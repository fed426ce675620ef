/**
 * What every Log keeps, whatever it is made of. Offsets may have gaps, so they are compared and followed, never computed.
 */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { partitionOf } from '../../src/events/murmur2.js';
import { OwnershipLost, TaskStopped } from '../../src/ports/errors.js';
import type { Log, LogRecord, OutgoingRecord, Position, Task, TaskLog, TaskTopics } from '../../src/ports/log.js';

export interface LogFixture {
  readonly log: Log;
  /** Another connection to the same log, as another process would have. */
  another(): Promise<Log>;
  /** Ends all connections, and everything they wrote where that is possible. */
  dispose(): Promise<void>;
}

const NEVER = new AbortController().signal;
const TASK = { partition: 0 };

export function logContract(name: string, open: () => Promise<LogFixture>): void {
  describe(`the log contract: ${name}`, () => {
    let fixture: LogFixture;
    let log: Log;
    let topics: TaskTopics;
    let outputs: string;
    let group: string;
    beforeEach(async () => {
      fixture = await open();
      log = fixture.log;
      const run = randomUUID().slice(0, 8);
      topics = { interactions: `i-${run}`, profiles: `p-${run}` };
      outputs = `o-${run}`;
      group = `g-${run}`;
    });
    afterEach(() => fixture.dispose());

    async function make(partitions = 1): Promise<void> {
      await log.ensureTopic(topics.interactions, partitions);
      await log.ensureTopic(topics.profiles, partitions);
      await log.ensureTopic(outputs, 1);
    }
    const record = (topic: string, value: string, timestamp?: number): OutgoingRecord => ({
      topic,
      key: Buffer.from('ann'),
      value: Buffer.from(value),
      ...(timestamp !== undefined && { timestamp }),
    });
    const takeOver = (token: string, from: Log = log, task: Task = TASK): Promise<TaskLog> =>
      from.takeOver(group, topics, task, token, 'earliest');
    /** What was committed may take a moment to show. */
    async function shown(topic: string, count: number): Promise<readonly string[]> {
      return vi.waitUntil(
        async () => {
          const found = values(await readAll(topic));
          return found.length >= count && found;
        },
        { timeout: 10_000, interval: 10 },
      );
    }
    async function readAll(topic: string, partition = 0): Promise<readonly LogRecord[]> {
      const { first, end } = (await log.extents(topic))[partition]!;
      const records: LogRecord[] = [];
      for (let from = first; from < end; ) {
        const chunk = await log.read(topic, partition, from, 7);
        records.push(...chunk.records);
        expect(chunk.next).toBeGreaterThan(from);
        from = chunk.next;
      }
      return records;
    }
    const values = (records: readonly LogRecord[]): string[] => records.map(({ value }) => String(value));

    describe('topics', () => {
      it('makes a topic once, empty, and never changes its partitions', async () => {
        await log.ensureTopic(outputs, 3);
        await log.ensureTopic(outputs, 3);
        expect(await log.extents(outputs)).toHaveLength(3);
        for (const { first, end } of await log.extents(outputs)) expect(end).toBe(first);
        await expect(log.ensureTopic(outputs, 4)).rejects.toThrow(/3 partitions/);
        expect(await log.extents(outputs)).toHaveLength(3);
      });

      it('tells the ends alone', async () => {
        await log.ensureTopic(outputs, 3);
        expect(await log.ends(outputs)).toEqual([0, 0, 0]);
        await log.append([record(outputs, 'a'), record(outputs, 'b', 1)]);
        expect(await log.ends(outputs)).toEqual((await log.extents(outputs)).map(({ end }) => end));
        expect(Math.max(...(await log.ends(outputs)))).toBeGreaterThan(0);
      });

      it('names a topic that does not exist', async () => {
        await expect(log.ends('nowhere')).rejects.toThrow(/nowhere/);
        await expect(log.extents('nowhere')).rejects.toThrow(/nowhere/);
        await expect(log.append([record('nowhere', 'x')])).rejects.toThrow(/nowhere/);
      });
    });

    describe('append and read', () => {
      it('places records by murmur2 of their key, and keeps order, bytes and timestamps', async () => {
        await log.ensureTopic(outputs, 4);
        const records = Array.from({ length: 60 }, (_, index) => ({
          topic: outputs,
          key: Buffer.from(`user-${index % 17}`),
          value: index % 9 === 0 ? null : Buffer.from([index, 0, 255]),
          timestamp: 1_000_000 + ((index * 7919) % 100),
        }));
        await log.append(records.slice(0, 25));
        await log.append(records.slice(25));
        for (let partition = 0; partition < 4; partition += 1) {
          const expected = records.filter(({ key }) => partitionOf(key, 4) === partition);
          const found = await readAll(outputs, partition);
          expect(found.map(({ topic, key, value, timestamp }) => ({ topic, key, value, timestamp }))).toEqual(expected);
          expect(found.every((one) => one.partition === partition)).toBe(true);
          const offsets = found.map(({ offset }) => offset);
          expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
        }
      });

      it('takes records without a key, and stamps those without a timestamp', async () => {
        await log.ensureTopic(outputs, 1);
        const before = Date.now();
        await log.append([{ topic: outputs, key: null, value: Buffer.from('x') }]);
        const [found] = await readAll(outputs);
        expect(found?.key).toBeNull();
        expect(found?.timestamp).toBeGreaterThanOrEqual(before - 60_000);
      });

      it('appends all or nothing, together with the progress', async () => {
        await log.ensureTopic(outputs, 1);
        expect(await log.progress(`${outputs}-source`)).toBe(0);
        await log.append([record(outputs, 'a')], { source: `${outputs}-source`, done: 1 });
        expect(await log.progress(`${outputs}-source`)).toBe(1);
        const bad = log.append([record(outputs, 'b'), record('nowhere', 'c')], {
          source: `${outputs}-source`,
          done: 3,
        });
        await expect(bad).rejects.toThrow();
        expect(values(await readAll(outputs))).toEqual(['a']);
        expect(await log.progress(`${outputs}-source`)).toBe(1);
        expect(await (await fixture.another()).progress(`${outputs}-source`)).toBe(1);
      });

      it('reads nothing at and past the end, and says where it stands', async () => {
        await log.ensureTopic(outputs, 1);
        await log.append([record(outputs, 'a'), record(outputs, 'b')]);
        const { first, end } = (await log.extents(outputs))[0]!;
        for (const from of [end, end + 5]) {
          expect(await log.read(outputs, 0, from, 10)).toEqual({ records: [], next: from, first });
        }
        expect(values((await log.read(outputs, 0, first, 1)).records)).toEqual(['a']);
      });

      it('shows what another connection appended', async () => {
        await log.ensureTopic(outputs, 1);
        await (await fixture.another()).append([record(outputs, 'theirs')]);
        expect(values(await readAll(outputs))).toEqual(['theirs']);
      });
    });

    describe('a task', () => {
      it.each(['latest', 'earliest'] as const)('starts at the %s offset the first time only', async (start) => {
        await make();
        await log.append([
          record(topics.interactions, 'a'),
          record(topics.interactions, 'b'),
          record(topics.profiles, 'c'),
        ]);
        const extent = async (topic: string): Promise<number> => {
          const { first, end } = (await log.extents(topic))[0]!;
          return start === 'latest' ? end : first;
        };
        const expected = { interactions: await extent(topics.interactions), profiles: await extent(topics.profiles) };
        const first = await log.takeOver(group, topics, TASK, 'one', start);
        expect(await first.settled()).toEqual(expected);
        await log.append([record(topics.interactions, 'd')]);
        const second = await log.takeOver(group, topics, TASK, 'two', start === 'latest' ? 'earliest' : 'latest');
        expect(await second.settled()).toEqual(expected);
      });

      it('does not start where it must have a position and has none', async () => {
        await make();
        const refused = await log.takeOver(group, topics, TASK, 'one', 'none').catch((error: unknown) => error);
        expect(refused).toBeInstanceOf(TaskStopped);
        expect((refused as TaskStopped).reason).toBe('marker-without-offset');
        await expect(log.takeOver(group, topics, TASK, 'two', 'none')).rejects.toThrow(TaskStopped);
        await takeOver('three');
        await (await log.takeOver(group, topics, TASK, 'four', 'none')).settled();
      });

      it('commits outputs and position as one', async () => {
        await make();
        await log.append([record(topics.interactions, 'a'), record(topics.profiles, 'b')]);
        const owner = await takeOver('one');
        const polled = await owner.poll(await owner.settled(), 10, 1000, NEVER);
        await owner.commit([record(outputs, 'list 1'), record(outputs, 'list 2')], polled.next);
        expect(await shown(outputs, 2)).toEqual(['list 1', 'list 2']);
        expect(await (await takeOver('two', await fixture.another())).settled()).toEqual(polled.next);
      });

      it('commits nothing when an output cannot be written', async () => {
        await make();
        const owner = await takeOver('one');
        const from = await owner.settled();
        const to = { interactions: from.interactions + 1, profiles: from.profiles };
        await expect(owner.commit([record(outputs, 'list'), record('nowhere', 'x')], to)).rejects.toThrow();
        expect(values(await readAll(outputs))).toEqual([]);
        expect(await (await takeOver('two')).settled()).toEqual(from);
      });

      it('fences the earlier owner: its commit is lost and writes nothing', async () => {
        await make();
        await log.append([record(topics.interactions, 'a')]);
        const older = await takeOver('older');
        const from = await older.settled();
        const { next } = await older.poll(from, 10, 1000, NEVER);
        const newer = await takeOver('newer', await fixture.another());
        await expect(older.commit([record(outputs, 'zombie')], next)).rejects.toThrow(OwnershipLost);
        await expect(older.settled()).rejects.toThrow(OwnershipLost);
        expect(await newer.settled()).toEqual(from);
        await newer.commit([record(outputs, 'list')], next);
        expect(await shown(outputs, 1)).toEqual(['list']);
      });

      it('fences by task and by group', async () => {
        await make(2);
        const zero = await takeOver('zero');
        const one = await takeOver('one', log, { partition: 1 });
        const elsewhere = await log.takeOver(`${group}-b`, topics, TASK, 'b', 'earliest');
        for (const owner of [zero, one, elsewhere]) await owner.commit([record(outputs, 'x')], await owner.settled());
        expect(await shown(outputs, 3)).toEqual(['x', 'x', 'x']);
      });
    });

    describe('poll', () => {
      /** Times of both topics, in log order; they may go back. */
      const TIMES = { interactions: [10, 40, 20, 50, 50, 70], profiles: [15, 40, 60, 5] };

      async function fill(): Promise<TaskLog> {
        await make();
        await log.append(
          TIMES.interactions.map((time, index) => record(topics.interactions, `i${index}`, 1e12 + time)),
        );
        await log.append(TIMES.profiles.map((time, index) => record(topics.profiles, `p${index}`, 1e12 + time)));
        return takeOver('one');
      }

      it('merges by (timestamp, topic, offset), each topic in its own order', async () => {
        const owner = await fill();
        const polled = await owner.poll(await owner.settled(), 100, 0, NEVER);
        expect(values(polled.records)).toEqual(['i0', 'p0', 'i1', 'i2', 'p1', 'i3', 'i4', 'p2', 'p3', 'i5']);
      });

      it.each([1, 2, 3, 7])('gives the same order in portions of %i', async (max) => {
        const owner = await fill();
        const whole = await owner.poll(await owner.settled(), 100, 0, NEVER);
        const records: LogRecord[] = [];
        let position: Position = await owner.settled();
        for (;;) {
          const polled = await owner.poll(position, max, 0, NEVER);
          if (polled.records.length === 0) break;
          expect(polled.records.length).toBeLessThanOrEqual(max);
          records.push(...polled.records);
          position = polled.next;
        }
        expect(values(records)).toEqual(values(whole.records));
        expect(position).toEqual(whole.next);
      });

      it.each(['this', 'another'])('waits for the first record, by %s connection', async (which) => {
        await make();
        const owner = await takeOver('one');
        const polling = owner.poll(await owner.settled(), 10, 60_000, NEVER);
        const producer = which === 'this' ? log : await fixture.another();
        await producer.append([record(topics.profiles, 'at last')]);
        expect(values((await polling).records)).toEqual(['at last']);
      });

      it('returns nothing when its time is over, or when told to stop', async () => {
        await make();
        const owner = await takeOver('one');
        const from = await owner.settled();
        expect(await owner.poll(from, 10, 0, NEVER)).toMatchObject({ records: [], next: from });
        const stop = new AbortController();
        const polling = owner.poll(from, 10, 60_000, stop.signal);
        stop.abort();
        expect((await polling).records).toEqual([]);
      });
    });

    describe('a group', () => {
      it('gives every task to one member, and to another when that one leaves', async () => {
        await make(3);
        const member = async (from: Log): ReturnType<typeof joined> => joined(from, group, topics, 3);
        const first = await member(log);
        expect(await first.all).toEqual([0, 1, 2]);
        await first.membership.heartbeat();
        const second = await member(await fixture.another());
        await first.membership.leave();
        expect([...first.owned]).toEqual([]);
        expect(await second.all).toEqual([0, 1, 2]);
        await second.membership.heartbeat();
        await second.membership.leave();
      });
    });
  });
}

/** Joins, and follows what the member owns; `all` resolves once it owns every task. */
async function joined(log: Log, group: string, topics: TaskTopics, tasks: number) {
  const owned = new Set<number>();
  const all = Promise.withResolvers<number[]>();
  const membership = await log.join(group, topics, {
    assigned(given) {
      for (const { partition } of given) owned.add(partition);
      if (owned.size === tasks) all.resolve([...owned].sort((a, b) => a - b));
    },
    async revoked(taken) {
      for (const { partition } of taken) owned.delete(partition);
    },
    async paused() {},
    resumed() {},
  });
  return { membership, owned, all: all.promise };
}
