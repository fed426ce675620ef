/** What kafkajs's consumer gets wrong when it reads, on a real broker. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { KafkaClient } from '../../../src/adapters/kafka/client.js';
import type { LogRecord } from '../../../src/ports/log.js';
import { uniqueName, useKafka } from '../../services/use.js';
import {
  kafkaOptions,
  makeTopics,
  NEVER,
  openLog,
  plainProducer,
  readFrom,
  record,
  takeOver,
  uniqueNames,
  valuesOf,
} from './logs.js';

const brokers = await useKafka();
const client = new KafkaClient(kafkaOptions(brokers));

async function admin() {
  const made = client.admin();
  onTestFinished(() => made.disconnect());
  await made.connect();
  return made;
}

async function deleteBefore(topic: string, offset: number): Promise<void> {
  const connected = await admin();
  // Or it does not know the topic.
  await connected.fetchTopicOffsets(topic);
  await connected.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
}

/** A record whose key is four zero bytes: kafkajs takes such a one for the mark of an abort. */
const FOUR_ZEROS = Buffer.alloc(4);

/**
 * Writes the steps in their order, each letter by a producer of its own: `a1` writes, `a+` commits, `a-` aborts.
 * Returns the offsets of what was written.
 */
async function interleave(topic: string, steps: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const offsets = new Map<string, number>();
  const writers = new Map<string, { run: (act: string, step: string) => Promise<void> }>();
  for (const name of new Set(steps.map((step) => step[0]!))) {
    const producer = await plainProducer(brokers, uniqueName(name));
    let open = await producer.transaction();
    writers.set(name, {
      run: async (act, step) => {
        if (act === '+' || act === '-') {
          await (act === '+' ? open.commit() : open.abort());
          open = await producer.transaction();
          return;
        }
        const [sent] = await open.send({ topic, messages: [{ key: FOUR_ZEROS, value: step }] });
        offsets.set(step, Number(sent!.baseOffset));
      },
    });
  }
  for (const step of steps) await writers.get(step[0]!)!.run(step.slice(1), step);
  return offsets;
}

describe('transactions that overlap', () => {
  it('show what was committed and nothing else, from wherever they are read', async () => {
    const log = openLog(brokers);
    const topic = uniqueName('t');
    await log.ensureTopic(topic, 1);
    const steps = 'a1 b1 c1 a2 b- b2 a- c2 a3 c- b3 a4 b+ c3 a+ c4 b4 c- b5 b-'.split(' ');
    const offsets = await interleave(topic, steps);
    await log.append([record(topic, 'end')]);
    const committed = ['b2', 'a3', 'b3', 'a4'];
    // The last marker may be written a moment later: until then the end is not decided.
    await expect.poll(async () => valuesOf(await readFrom(log, topic, 0)).at(-1), { timeout: 10_000 }).toBe('end');
    const { end } = (await log.extents(topic))[0]!;
    for (let from = 0; from < end; from += 1) {
      const expected = committed.filter((name) => offsets.get(name)! >= from);
      for (const max of [1, 3, 50]) {
        expect(valuesOf(await readFrom(log, topic, from, max))).toEqual([...expected, 'end']);
      }
    }
  });

  it('move a reader on where nothing but aborted records and markers lie', async () => {
    const names = uniqueNames();
    const log = openLog(brokers);
    await makeTopics(log, names);
    const { interactions } = names.topics;
    await log.append([record(interactions, 'first')]);
    await interleave(interactions, ['a1', 'a2', 'a-', 'b1', 'b-']);
    const owner = await takeOver(log, names, 'one');
    const from = await owner.settled();
    const isAtEnd = async (): Promise<boolean> => {
      const polled = await owner.poll(from, 10, 0, NEVER);
      expect(valuesOf(polled.records)).toEqual(['first']);
      return polled.next.interactions === (await log.extents(interactions))[0]!.end && polled.next.interactions >= 6;
    };
    await expect.poll(isAtEnd, { timeout: 10_000 }).toBe(true);
    const { end } = (await log.extents(interactions))[0]!;
    expect(await log.read(interactions, 0, from.interactions + 1, 10)).toMatchObject({ records: [], next: end });
  });
});

describe('records that the log no longer holds', () => {
  it('are not skipped silently: whoever reads or polls is shown where the log begins now', async () => {
    const names = uniqueNames();
    const log = openLog(brokers);
    await makeTopics(log, names);
    const { interactions, profiles } = names.topics;
    for (const topic of [interactions, profiles]) {
      await log.append(Array.from({ length: 8 }, (_, index) => record(topic, `${index}`)));
    }
    const owner = await takeOver(log, names, 'one');
    const from = await owner.settled();
    await deleteBefore(interactions, 5);
    const other = openLog(brokers);
    expect(await other.read(interactions, 0, 2, 10)).toEqual({ records: [], next: 2, first: 5 });
    expect(await other.read(interactions, 0, 5, 1)).toMatchObject({ next: 6, first: 5 });
    const polled = await owner.poll(from, 100, 0, NEVER);
    expect(polled.first).toEqual({ interactions: 5, profiles: from.profiles });
    expect(polled.next.interactions).toBe(from.interactions);
    expect(polled.records.every(({ topic }) => topic === profiles)).toBe(true);
  });

  it('end a wait, so that its caller sees it', async () => {
    const names = uniqueNames();
    const log = openLog(brokers);
    await makeTopics(log, names);
    const { interactions } = names.topics;
    const owner = await takeOver(log, names, 'one');
    const from = await owner.settled();
    await log.append([record(interactions, 'seen'), record(interactions, 'gone')]);
    const seen = await owner.poll(from, 1, 60_000, NEVER);
    expect(valuesOf(seen.records)).toEqual(['seen']);
    await log.append([record(interactions, 'new')]);
    const { end } = (await log.extents(interactions))[0]!;
    await deleteBefore(interactions, end);
    // What lies at hand already was read while it was there.
    const rest = await owner.poll(seen.next, 10, 0, NEVER);
    expect(valuesOf(rest.records)).toEqual(['gone']);
    const after = await owner.poll(rest.next, 10, 60_000, NEVER);
    expect(after).toMatchObject({ records: [], next: rest.next, first: { interactions: end } });
    expect(end).toBeGreaterThan(rest.next.interactions);
  });
});

describe('a position that moves', () => {
  it('gets the records from there, while a wait elsewhere is in flight', async () => {
    const names = uniqueNames();
    const log = openLog(brokers);
    await makeTopics(log, names);
    const { interactions, profiles } = names.topics;
    const all = Array.from({ length: 6 }, (_, index) => record(interactions, `${index}`));
    await log.append(all);
    const owner = await takeOver(log, names, 'one');
    const from = await owner.settled();
    const sequence = [...valuesOf(await readFrom(log, interactions, 0))];
    for (let round = 0; round < 5; round += 1) {
      const end = (await log.extents(interactions))[0]!.end;
      // Leaves a wait in flight, which the append ends: before the answer to what is asked next.
      expect((await owner.poll({ ...from, interactions: end }, 10, 20, NEVER)).records).toEqual([]);
      sequence.push(`new ${round}`);
      const moved = owner.poll({ ...from, interactions: from.interactions + round }, 100, 0, NEVER);
      await log.append([record(interactions, `new ${round}`)]);
      const values = valuesOf((await moved).records);
      expect(values.length).toBeGreaterThanOrEqual(all.length - round);
      expect(values).toEqual(sequence.slice(round, round + values.length));
    }
    await log.append([record(profiles, 'p'), record(interactions, '6')]);
    const found: LogRecord[] = [];
    for (let at = from; found.length < sequence.length + 2; ) {
      const polled = await owner.poll(at, 3, 60_000, NEVER);
      found.push(...polled.records);
      at = polled.next;
    }
    expect(valuesOf(found).filter((value) => value !== 'p')).toEqual([...sequence, '6']);
  });
});
