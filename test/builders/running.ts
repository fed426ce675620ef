/** A processor under test, and ways to wait for what it does. */
import { onTestFinished } from 'vitest';
import type { OutgoingRecord, Task } from '../../src/ports/log.js';
import { Processor, type ProcessorParts } from '../../src/stream/processor.js';
import type { StepName } from '../../src/stream/steps.js';
import { temporaryFolder } from './folder.js';
import { outcomeOf } from './outcome.js';
import { makeTopics, openStores, processorParts } from './stream.js';

type Predicate = (step: StepName, task: Task) => boolean;

export interface Place {
  readonly folder?: string;
  readonly partitions?: number;
}

/** A processor that is not started yet, on a new folder where none is given; ended with the test. */
export async function openProcessor(users: readonly string[], change: Partial<ProcessorParts> = {}, place: Place = {}) {
  const { folder = temporaryFolder(), partitions = 2 } = place;
  const { log, store } = openStores(folder);
  await makeTopics(log, partitions);
  const waiting = new Set<{ done: Predicate; resolve: () => void }>();
  const parts = processorParts(log, store, {
    ...change,
    onStep: async (step, task) => {
      for (const one of waiting) {
        if (!one.done(step, task)) continue;
        waiting.delete(one);
        one.resolve();
      }
      await change.onStep?.(step, task);
    },
  });
  const processor = new Processor(parts);
  onTestFinished(async () => {
    await processor.close();
    await log.close();
    await store.close();
  });
  /** Resolves at a step; register before what leads to it. */
  const until = (done: Predicate): Promise<void> =>
    new Promise((resolve) => {
      waiting.add({ done, resolve });
    });
  /** Every task has looked at the log's end twice, from now on. */
  const caughtUp = (): Promise<void> => {
    const looks = new Map<number, number>();
    return until((step, { partition }) => {
      if (step === 'polled') looks.set(partition, 0);
      if (step === 'idle') looks.set(partition, (looks.get(partition) ?? 0) + 1);
      return looks.size === partitions && [...looks.values()].every((count) => count > 1);
    });
  };
  const start = async (): Promise<void> => {
    const done = caughtUp();
    await processor.start();
    await done;
  };
  const send = async (...records: OutgoingRecord[]): Promise<void> => {
    await log.append(records);
    await caughtUp();
  };
  return { folder, log, store, processor, until, caughtUp, start, send, outcome: () => outcomeOf(log, store, users) };
}
