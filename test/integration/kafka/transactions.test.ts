/** The holes of kafkajs's transactions, and that the adapter does not fall into them. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KafkaClient } from '../../../src/adapters/kafka/client.js';
import { kafkaTypes } from '../../../src/adapters/kafka/errors.js';
import type { Cluster } from '../../../src/adapters/kafka/internals.js';
import { KafkaTaskLog } from '../../../src/adapters/kafka/kafka-task-log.js';
import { sentinelTopic } from '../../../src/adapters/kafka/offsets.js';
import { Transactions } from '../../../src/adapters/kafka/transactions.js';
import { OwnershipLost, Unavailable } from '../../../src/ports/errors.js';
import type { Position } from '../../../src/ports/log.js';
import { uniqueName, useKafka } from '../../services/use.js';
import { overriding } from '../../builders/fault-points.js';
import {
  kafkaOptions,
  later,
  makeTopics,
  openLog,
  plainProducer,
  readFrom,
  record,
  TASK,
  takeOver,
  uniqueNames,
} from './logs.js';

const brokers = await useKafka();

describe('fencing', () => {
  it('is not done by kafkajs when it connects, but with its first transaction', async () => {
    const log = openLog(brokers);
    const [topic, id] = [uniqueName('t'), uniqueName('id')];
    await log.ensureTopic(topic, 1);
    const message = { topic, messages: [{ value: 'x' }] };
    const older = await plainProducer(brokers, id);
    const newer = await plainProducer(brokers, id);
    const first = await older.transaction();
    await first.send(message);
    await first.commit();
    await (await newer.transaction()).abort();
    const second = await older.transaction();
    const fenced = await second.send(message).catch((error: unknown) => error);
    expect(kafkaTypes(fenced)).toContain('INVALID_PRODUCER_EPOCH');
  });

  it('is done by a take-over at once: what the earlier owner had begun is written by nobody', async () => {
    const names = uniqueNames();
    const log = openLog(brokers);
    await makeTopics(log, names);
    const begun = await plainProducer(brokers, `${names.group}.task-0`);
    const open = await begun.transaction();
    await open.send({ topic: names.outputs, messages: [{ value: 'zombie' }] });

    const owner = await takeOver(log, names, 'newer');
    const failure = await open.commit().catch((error: unknown) => error);
    expect(kafkaTypes(failure)).toContain('INVALID_PRODUCER_EPOCH');
    await owner.commit([record(names.outputs, 'list')], later(await owner.settled()));
    expect((await readFrom(log, names.outputs, 0)).map(({ value }) => String(value))).toEqual(['list']);
  });

  it('makes each later call of the earlier owner a lost ownership', async () => {
    const names = uniqueNames();
    const log = openLog(brokers);
    await makeTopics(log, names);
    const older = await takeOver(log, names, 'older');
    const from = await older.settled();
    await takeOver(openLog(brokers), names, 'newer');
    await expect(older.commit([], later(from))).rejects.toThrow(OwnershipLost);
    await expect(older.settled()).rejects.toThrow(OwnershipLost);
  });
});

describe('transactions one right after the other', () => {
  it('wait for each other, and are written in their order', async () => {
    const names = uniqueNames();
    const log = openLog(brokers);
    await makeTopics(log, names);
    const client = new KafkaClient(kafkaOptions(brokers));
    let refused = 0;
    const watched = overriding(client, { cluster: () => countingEarly(client.cluster(), () => (refused += 1)) });
    const transactions = await Transactions.connect(watched, uniqueName('id'));
    onTestFinished(() => transactions.close());
    const lists: string[] = [];
    // Until some came too early: without them this test would show nothing.
    while (lists.length < 10 || refused === 0) {
      lists.push(`list ${lists.length}`);
      await transactions.run([record(names.outputs, lists.at(-1)!)], names.group, []);
    }
    expect((await readFrom(log, names.outputs, 0)).map(({ value }) => String(value))).toEqual(lists);
  });

  it('may hold nothing but offsets', async () => {
    const names = uniqueNames();
    const log = openLog(brokers);
    await makeTopics(log, names);
    const owner = await takeOver(log, names, 'one');
    let position = await owner.settled();
    for (let round = 0; round < 10; round += 1) {
      await owner.commit([record(names.outputs, 'x')], (position = later(position)));
      await owner.commit([], (position = later(position)));
      await owner.commit([], (position = later(position)));
    }
    expect(await (await takeOver(log, names, 'two')).settled()).toEqual(position);
  });
});

it('fails only when all that it sent was answered, and is dead then', async () => {
  const names = uniqueNames();
  const log = openLog(brokers);
  await makeTopics(log, names);
  const client = new KafkaClient(kafkaOptions(brokers));
  const announcing = Promise.withResolvers<undefined>();
  // The offsets, which would be refused if they came after the fence.
  const answered = Promise.withResolvers<undefined>();
  const late = Promise.withResolvers<never>();
  const watched = overriding(client, {
    cluster: () => {
      const cluster = client.cluster();
      const coordinator = async (group: Parameters<Cluster['findGroupCoordinator']>[0]) => {
        const found = await cluster.findGroupCoordinator(group);
        return overriding(found, {
          addPartitionsToTxn: async () => {
            announcing.resolve(undefined);
            return late.promise;
          },
          txnOffsetCommit: (request) => found.txnOffsetCommit(request).finally(() => answered.resolve(undefined)),
        });
      };
      return overriding(cluster, { findGroupCoordinator: coordinator });
    },
  });
  const id = uniqueName('id');
  const transactions = await Transactions.connect(watched, id);
  onTestFinished(() => transactions.close());
  let isSettled = false;
  const offsets = [{ topic: names.topics.interactions, partition: 0, offset: '1', metadata: '' }];
  const running = transactions.run([record(names.outputs, 'list')], names.group, offsets).finally(() => {
    isSettled = true;
  });
  const failure = running.catch((error: unknown) => error);
  await Promise.all([announcing.promise, answered.promise]);
  // Fences what is open.
  const newer = await plainProducer(brokers, id);
  await (await newer.transaction()).abort();
  expect(isSettled).toBe(false);
  late.reject(new Unavailable('no answer'));
  expect(await failure).toBeInstanceOf(Unavailable);
  await expect(transactions.run([], names.group, offsets)).rejects.toThrow(OwnershipLost);
});

/** Tells of each announcement that is refused because the transaction before has not ended. */
function countingEarly(cluster: Cluster, onEarly: () => void): Cluster {
  return overriding(cluster, {
    findGroupCoordinator: async (group) => {
      const coordinator = await cluster.findGroupCoordinator(group);
      return overriding(coordinator, {
        addPartitionsToTxn: (request) =>
          coordinator.addPartitionsToTxn(request).catch((error: unknown) => {
            if (kafkaTypes(error).includes('CONCURRENT_TRANSACTIONS')) onEarly();
            throw error;
          }),
      });
    },
  });
}

it('reads committed offsets that are neither stale nor torn, take-over after take-over', async () => {
  const names = uniqueNames();
  const logs = [openLog(brokers), openLog(brokers)];
  await makeTopics(logs[0]!, names);
  let expected: Position | undefined;
  for (let round = 0; round < 30; round += 1) {
    const owner = await takeOver(logs[round % 2]!, names, `token ${round}`);
    const settled = await owner.settled();
    expected ??= settled;
    expect(settled).toEqual(expected);
    expected = later(expected, 1 + round);
    await owner.commit(round % 3 === 0 ? [] : [record(names.outputs, 'x')], expected);
    // Half of them are still there, as zombies, when the next one comes.
    if (round % 4 < 2) await owner.close();
  }
});

it('takes no fetch of offsets at its word that does not show the sentinel', async () => {
  const names = uniqueNames();
  const log = openLog(brokers);
  await makeTopics(log, names);
  const {
    group,
    topics,
    topics: { interactions, profiles },
  } = names;
  const first = await takeOver(log, names, 'one');
  const client = new KafkaClient(kafkaOptions(brokers));
  const cluster = client.cluster();
  onTestFinished(() => cluster.disconnect());
  await cluster.connect();
  const coordinator = await cluster.findGroupCoordinator({ groupId: group });
  const of = [interactions, profiles, sentinelTopic(group)].map((topic) => ({ topic, partitions: [{ partition: 0 }] }));
  const stale = await coordinator.offsetFetch({ groupId: group, topics: of });
  const to = later(await first.settled());
  await first.commit([], to);

  // A coordinator that is behind for two more looks.
  let left = 2;
  const offsetFetch: typeof coordinator.offsetFetch = async (request) =>
    left-- > 0 ? stale : coordinator.offsetFetch(request);
  const behind = Object.create(cluster, {
    findGroupCoordinator: { value: async () => ({ offsetFetch }) },
  }) as typeof cluster;
  const own = { group, topics, task: TASK, token: 'two' };
  const owner = await KafkaTaskLog.takeOver(client, behind, own, 'none', () => undefined);
  onTestFinished(() => owner.close());
  expect(left).toBeLessThan(0);
  expect(await owner.settled()).toEqual(to);
});

describe('large outputs', () => {
  it('are committed as one: 64 dead letters of 256 KiB', async () => {
    const names = uniqueNames();
    const log = openLog(brokers);
    await makeTopics(log, names);
    const owner = await takeOver(log, names, 'one');
    const bytes = randomBytes(256 * 1024);
    const letters = Array.from({ length: 64 }, () => record(names.outputs, bytes));
    const to = later(await owner.settled());
    await owner.commit(letters, to);
    const next = await takeOver(log, names, 'two');
    expect(await next.settled()).toEqual(to);
    const found = await readFrom(log, names.outputs, 0);
    expect(found.map(({ value }) => value?.equals(bytes))).toEqual(letters.map(() => true));
  });

  it('that a topic does not take are not written, and the error names the setting', async () => {
    const names = uniqueNames();
    const log = openLog(brokers);
    await makeTopics(log, names);
    const admin = new KafkaClient(kafkaOptions(brokers)).admin();
    onTestFinished(() => admin.disconnect());
    await admin.connect();
    const small = `${names.outputs}-small`;
    const configEntries = [{ name: 'max.message.bytes', value: '50000' }];
    await admin.createTopics({ topics: [{ topic: small, numPartitions: 1, configEntries }], waitForLeaders: true });

    const owner = await takeOver(log, names, 'one');
    const from = await owner.settled();
    const outputs = [record(names.outputs, 'fits'), record(small, randomBytes(60_000))];
    const failure = await owner.commit(outputs, later(from)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Unavailable);
    expect((failure as Error).message).toMatch(/max\.message\.bytes/);
    await owner.close();
    expect(await (await takeOver(log, names, 'two')).settled()).toEqual(from);
    expect(await readFrom(log, names.outputs, 0)).toEqual([]);
  });
});
