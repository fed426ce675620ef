/**
 * What may take long on a real broker, and what must go on meanwhile: membership, the other tasks, bounded memory.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SqliteStateStore } from '../../src/adapters/embedded/sqlite-state-store.js';
import { KafkaClient } from '../../src/adapters/kafka/client.js';
import type { FetchAt } from '../../src/adapters/kafka/fetch.js';
import { DEFAULT_KAFKA_TIMING } from '../../src/adapters/kafka/options.js';
import { partitionOf } from '../../src/events/murmur2.js';
import { TaskStopped, Unavailable } from '../../src/ports/errors.js';
import type { OutgoingRecord, Task } from '../../src/ports/log.js';
import type { StateStore } from '../../src/ports/state-store.js';
import { Processor, type ProcessorParts } from '../../src/stream/processor.js';
import { interaction } from '../builders/events.js';
import { temporaryFolder } from '../builders/folder.js';
import { recordsOf } from '../builders/outcome.js';
import { interactionRecord } from '../builders/records.js';
import { echoRecommender, EMPTY_CATALOGUE, makeTopics, processorParts, TEST_SETTINGS } from '../builders/stream.js';
import { uniqueName, useKafka } from '../services/use.js';
import { kafkaOptions, openLog } from './kafka/logs.js';

const brokers = await useKafka();
const PARTITIONS = 2;
const SESSION = 1000;
/** Between two looks at the group, ms. */
const LOOK_PAUSE = 50;
const MIB = 1024 * 1024;

/** What was fetched of a partition: told before whoever asked gets it. */
type Fetching = (topic: string, partition: number, next: number) => void;
const fetches = vi.hoisted((): { onFetched: Fetching } => ({ onFetched: () => undefined }));
vi.mock(import('../../src/adapters/kafka/fetch.js'), async (original) => {
  const module = await original();
  return {
    ...module,
    fetchPartition: async (connections: Parameters<typeof module.fetchPartition>[0], at: FetchAt) => {
      const fetched = await module.fetchPartition(connections, at);
      fetches.onFetched(at.topic, at.partition, fetched.next);
      return fetched;
    },
  };
});

/** A user of each partition. */
const USERS = Array.from({ length: PARTITIONS }, (_, partition) => {
  for (let n = 0; ; n += 1) if (partitionOf(Buffer.from(`user-${n}`), PARTITIONS) === partition) return `user-${n}`;
});

const ECHO = echoRecommender(EMPTY_CATALOGUE);

/** A processor on Kafka with a session of a second, and everything that its group told it. */
async function open(change: (store: StateStore) => Partial<ProcessorParts>) {
  const name = uniqueName('pressure');
  const topics = {
    interactions: `${name}-i`,
    profiles: `${name}-p`,
    catalogue: `${name}-c`,
    recommendations: `${name}-r`,
    deadLetters: `${name}-d`,
  };
  const settings = { ...TEST_SETTINGS, topics, group: name, batchSize: 500, batchMs: 100, watchMs: 200 };
  const log = openLog(brokers, { timing: { ...DEFAULT_KAFKA_TIMING, session: SESSION, heartbeat: 100 } });
  await makeTopics(log, PARTITIONS, settings);
  const store = SqliteStateStore.open(temporaryFolder());
  const told: string[] = [];
  const join = log.join.bind(log);
  vi.spyOn(log, 'join').mockImplementation((group, of, listener) =>
    join(group, of, {
      assigned: (tasks) => {
        told.push('assigned');
        listener.assigned(tasks);
      },
      revoked: (tasks) => {
        told.push('revoked');
        return listener.revoked(tasks);
      },
      paused: () => {
        told.push('paused');
        return listener.paused();
      },
      resumed: () => {
        listener.resumed();
      },
    }),
  );
  const changes = new Set<() => void>();
  const parts = processorParts(log, store, {
    recommender: ECHO,
    now: Date.now,
    settings,
    onStep: () => {
      for (const look of changes) look();
    },
    ...change(store),
  });
  const processor = new Processor(parts);
  onTestFinished(async () => {
    await processor.close();
    await store.close();
  });
  /** Resolves at the first step after which it is so. */
  const until = (isSo: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        changes.delete(look);
        resolve();
      };
      changes.add(look);
      look();
    });
  const task = (partition: number) => processor.status().tasks.find((one) => one.partition === partition);
  await processor.start();
  await until(() => processor.status().ready);
  return {
    log,
    processor,
    topics,
    told,
    until,
    task,
    lists: (partition: number): number => task(partition)?.counts.lists ?? 0,
    send: (records: readonly OutgoingRecord[]) =>
      log.append(records.map((record) => ({ ...record, topic: topics.interactions }))),
    /** Looks at the group, as the broker sees it, for as long as three sessions. */
    outliveSession: async (): Promise<void> => {
      const admin = new KafkaClient(kafkaOptions(brokers)).admin();
      onTestFinished(() => admin.disconnect());
      await admin.connect();
      const since = performance.now();
      while (performance.now() - since < 3 * SESSION) {
        const [group] = (await admin.describeGroups([name])).groups;
        expect([group?.state, group?.members.length]).toEqual(['Stable', 1]);
        await sleep(LOOK_PAUSE);
      }
    },
  };
}

function views(userId: string, count: number, itemId = 'film'): OutgoingRecord[] {
  // A broker deletes what is older than its retention.
  const occurredAt = Date.now();
  return Array.from({ length: count }, () => interactionRecord(interaction({ userId, itemId, occurredAt })));
}

describe('an engine that takes longer than the session', { timeout: 180_000 }, () => {
  it('keeps its member in the group and holds no more than it needs, while the log grows by 100,000 records', async () => {
    const entered = Promise.withResolvers<undefined>();
    const release = Promise.withResolvers<undefined>();
    const recommender = {
      recommend: async (requests: Parameters<typeof ECHO.recommend>[0]) => {
        entered.resolve(undefined);
        await release.promise;
        return ECHO.recommend(requests);
      },
    };
    const { log, processor, topics, told, until, task, lists, send, outliveSession } = await open(() => ({
      recommender,
    }));
    await send(USERS.flatMap((user) => views(user, 1)));
    await entered.promise;

    // About 250 bytes each: 12.5 MB a partition.
    const [sample] = views(USERS[0]!, 1, 'x'.repeat(200));
    const bytes = sample!.value!.length;
    let mostHeld = 0;
    let fetchedWhileHeld = 0;
    fetches.onFetched = (topic, partition, next) => {
      if (topic !== topics.interactions) return;
      const position = task(partition)?.position?.interactions ?? 0;
      mostHeld = Math.max(mostHeld, (next - position) * bytes);
      fetchedWhileHeld += 1;
    };
    const each = 50_000;
    for (let sent = 0; sent < each; sent += 5000) {
      await send(USERS.flatMap((user) => views(user, 5000, 'x'.repeat(200))));
    }
    await outliveSession();
    expect(told).toEqual(['assigned']);
    expect(processor.status().tasks.map(({ phase, counts }) => [phase, counts.lists])).toEqual([
      ['running', 0],
      ['running', 0],
    ]);
    // At most what a wait that was in flight brought, for each of the two.
    expect(fetchedWhileHeld).toBeLessThanOrEqual(PARTITIONS);

    release.resolve(undefined);
    await until(() => lists(0) === each + 1 && lists(1) === each + 1);
    // One answer of the broker, a batch, and a second answer that completes a batch.
    expect(mostHeld).toBeLessThanOrEqual(2 * MIB + 500 * bytes);
    expect(mostHeld).toBeGreaterThan(0);
    expect(told).toEqual(['assigned']);
    const sources = (await recordsOf(log, topics.recommendations)).length;
    expect(sources).toBe(2 * each + 2);
  });
});

/** A store that does something else before it reads the states of a batch of one partition. */
function troubled(store: StateStore, partition: number, trouble: () => Promise<void>): StateStore {
  return new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...given: readonly unknown[]): Promise<unknown> => {
        if (name === 'read' && (given[0] as Task).partition === partition) await trouble();
        return method.apply(target, given) as Promise<unknown>;
      };
    },
  });
}

describe('a task that cannot go on', { timeout: 60_000 }, () => {
  it.each([
    ['is paused, while its store is unavailable', 'paused', () => Promise.reject(new Unavailable('not now'))],
    ['waits, while its store does not answer', 'running', (mended: Promise<void>) => mended],
    [
      'is stopped, until a person came',
      'stopped',
      () => Promise.reject(new TaskStopped('store-may-evict', 'it may evict')),
    ],
  ] as const)('%s; the others go on, and so does membership', async (_, phase, failing) => {
    const mended = Promise.withResolvers<undefined>();
    let trouble: () => Promise<unknown> = () => Promise.resolve();
    const { told, until, task, lists, send, outliveSession } = await open((store) => ({
      store: troubled(store, 0, async () => {
        await trouble();
      }),
    }));
    trouble = () => failing(mended.promise.then(() => undefined));
    await send(USERS.flatMap((user) => views(user, 1000)));
    await until(() => lists(1) === 1000);
    if (phase !== 'running') await until(() => task(0)?.lastError !== undefined);
    await outliveSession();
    await send(USERS.flatMap((user) => views(user, 1000)));
    await until(() => lists(1) === 2000);
    expect([task(1)?.phase, lists(0)]).toEqual(['running', 0]);
    expect(told).toEqual(['assigned']);
    if (phase === 'stopped') {
      expect(task(0)).toMatchObject({ phase, stopReason: 'store-may-evict' });
      return;
    }
    trouble = () => Promise.resolve();
    mended.resolve(undefined);
    await until(() => lists(0) === 2000);
    expect(told).toEqual(['assigned']);
  });
});
