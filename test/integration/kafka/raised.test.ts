/** The number of the inputs' partitions is raised under a running service. */
import { expect, it, onTestFinished } from 'vitest';
import { SqliteStateStore } from '../../../src/adapters/embedded/sqlite-state-store.js';
import { DEFAULT_KAFKA_TIMING } from '../../../src/adapters/kafka/options.js';
import { SILENT } from '../../../src/ops/logger.js';
import { StartRefused } from '../../../src/ports/errors.js';
import { Processor } from '../../../src/stream/processor.js';
import { takeOver } from '../../../src/stream/take-over.js';
import { temporaryFolder } from '../../builders/folder.js';
import { makeTopics, processorParts, TEST_SETTINGS } from '../../builders/stream.js';
import { taskContext } from '../../builders/task.js';
import { raisePartitions } from '../../builders/tools.js';
import { uniqueName, useKafka } from '../../services/use.js';
import { openLog } from './logs.js';

const brokers = await useKafka();
const WITH = 2;

function newSettings() {
  const group = uniqueName('raised');
  const names = Object.entries(TEST_SETTINGS.topics).map(([role, topic]) => [role, `${group}-${topic}`] as const);
  return { ...TEST_SETTINGS, group, topics: Object.fromEntries(names) as unknown as typeof TEST_SETTINGS.topics };
}

function openStore(): SqliteStateStore {
  const store = SqliteStateStore.open(temporaryFolder());
  onTestFinished(() => store.close());
  return store;
}

it('stops every task, and the next start is refused: each says why and what to do', async () => {
  const settings = newSettings();
  const [log, store] = [openLog(brokers, { timing: { ...DEFAULT_KAFKA_TIMING, metadata: 50 } }), openStore()];
  await makeTopics(log, WITH, settings);
  const working = new Set<number>();
  const [work, stop] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  let stopped = 0;
  const processor = new Processor(
    processorParts(log, store, {
      settings,
      onStep: async (step, { partition }) => {
        if (step === 'idle') working.add(partition);
        if (working.size === WITH) work.resolve(undefined);
      },
      logger: {
        ...SILENT,
        error: () => {
          stopped += 1;
          if (stopped === WITH) stop.resolve(undefined);
        },
      },
      onFault: stop.reject,
    }),
  );
  onTestFinished(() => processor.close());
  await processor.start();
  await work.promise;
  const { interactions, profiles } = settings.topics;
  await raisePartitions(brokers, [interactions, profiles], 2 * WITH);
  await stop.promise;
  const status = processor.status();
  expect(status.ready).toBe(false);
  for (const task of status.tasks) {
    expect(task).toMatchObject({ phase: 'stopped', stopReason: 'partitions-changed' });
    expect(task.lastError).toMatch(/has 4 partitions now, and the service began with 2: .*docs\/operations\.md/);
  }

  const next = new Processor(processorParts(openLog(brokers), store, { settings }));
  onTestFinished(() => next.close());
  const started = next.start();
  await expect(started).rejects.toThrow(StartRefused);
  await expect(started).rejects.toThrow(/\.tasks" has 2 partitions, the inputs 4: .*docs\/operations\.md/);
});

it('stops a task that is taken over, whether it was there before or not', async () => {
  const settings = newSettings();
  const [before, store] = [openLog(brokers), openStore()];
  await makeTopics(before, WITH, settings);
  const context = (log = before, partition = 0, partitions = WITH) =>
    taskContext(log, store, { settings, task: { partition } }, partitions);
  await takeOver(context());
  await raisePartitions(brokers, [settings.topics.interactions, settings.topics.profiles], 2 * WITH);
  const log = openLog(brokers);
  const stops = { name: 'TaskStopped', reason: 'partitions-changed' };
  await expect(takeOver(context(log))).rejects.toMatchObject(stops);
  await expect(takeOver(context(log, WITH))).rejects.toMatchObject(stops);
  const [{ group, topics }, task] = [settings, { partition: WITH }];
  await expect(log.takeOver(group, topics, task, 'token', 'earliest')).rejects.toMatchObject(stops);
});
