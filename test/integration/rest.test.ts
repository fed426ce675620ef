/** A task that keeps up rests between its batches (rest.ts says how long). */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { BatchReport, Observe } from '../../src/stream/report.js';
import { restUntil } from '../../src/stream/rest.js';
import { TaskRunner } from '../../src/stream/task-runner.js';
import { interaction } from '../builders/events.js';
import { temporaryFolder } from '../builders/folder.js';
import { interactionRecord } from '../builders/records.js';
import { makeTopics, openStores, TEST_SETTINGS } from '../builders/stream.js';
import { taskContext } from '../builders/task.js';

const BATCHES = 8;
const COMMIT_MS = 4;
const BATCH_SIZE = 64;
/**
 * A timer ends up to 3 ms early: it begins at a whole ms of a clock that may itself be one behind, and lasts whole ones.
 * A task that does not rest polls two commits early at least.
 */
const EARLY_MS = COMMIT_MS;

it('polls no sooner than its rest is over, though more has come', async () => {
  const { log, store } = openStores(temporaryFolder());
  onTestFinished(async () => {
    await log.close();
    await store.close();
  });
  await makeTopics(log, 1);
  let sent = 0;
  const send = async (): Promise<void> => {
    sent += 1;
    await log.append([interactionRecord(interaction({ userId: 'ann', eventId: `${sent}`, itemId: `item-${sent}` }))]);
  };
  const reports: BatchReport[] = [];
  const polledAt: number[] = [];
  const done = Promise.withResolvers<undefined>();
  const observe: Observe = (report) => {
    if (report.kind !== 'batch') return;
    reports.push(report);
    if (reports.length === BATCHES) done.resolve(undefined);
  };
  const settings = { ...TEST_SETTINGS, start: 'earliest' as const, batchSize: BATCH_SIZE };
  const context = taskContext(log, store, {
    settings,
    observe,
    onStep: async (step) => {
      if (step === 'polled') polledAt.push(performance.now());
      if (step === 'committing') await sleep(COMMIT_MS);
      if (step === 'committed') await send();
    },
  });
  await send();
  const runner = new TaskRunner(context, () => Promise.resolve());
  const running = runner.run();
  await done.promise;
  await runner.stop();
  await running;

  const rested = reports.slice(0, BATCHES - 1).map((report, index) => {
    expect(report.records).toBe(1);
    return (polledAt[index + 1] ?? 0) - restUntil(report, BATCH_SIZE);
  });
  expect(Math.min(...rested)).toBeGreaterThan(-EARLY_MS);
});
