/** When a task must not go on, or must begin anew: each on a log and a store that were made so. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { partitionOf } from '../../src/events/murmur2.js';
import { SILENT } from '../../src/ops/logger.js';
import { OwnershipLost, TaskStopped } from '../../src/ports/errors.js';
import type { Log } from '../../src/ports/log.js';
import { heal } from '../../src/stream/heal.js';
import { takeOver } from '../../src/stream/take-over.js';
import type { TaskContext } from '../../src/stream/task-context.js';
import { TaskRunner } from '../../src/stream/task-runner.js';
import type { Position } from '../../src/ports/log.js';
import { Unwritten } from '../../src/stream/unwritten.js';
import { watch } from '../../src/stream/watch.js';
import { interaction } from '../builders/events.js';
import { temporaryFolder } from '../builders/folder.js';
import { outcomeOf } from '../builders/outcome.js';
import { deleteBefore, forgetOffsets } from '../builders/raw-log.js';
import { interactionRecord } from '../builders/records.js';
import { openProcessor } from '../builders/running.js';
import { spoilState } from '../builders/spoiled-state.js';
import { makeTopics, openStores, runToEnd, TEST_SETTINGS } from '../builders/stream.js';
import { Steps, taskContext } from '../builders/task.js';

const EARLIEST = { ...TEST_SETTINGS, start: 'earliest' as const };
const TASK = { partition: 0 };
const NEVER = new AbortController().signal;
const ready = (): Promise<void> => Promise.resolve();

function open(folder: string): ReturnType<typeof openStores> {
  const stores = openStores(folder);
  onTestFinished(async () => {
    await stores.log.close();
    await stores.store.close();
  });
  return stores;
}

/** A log of one partition with 20 interactions, and a store without states. */
async function filled() {
  const folder = temporaryFolder();
  const { log, store } = open(folder);
  await makeTopics(log, 1);
  const add = (count: number): Promise<void> =>
    log.append(Array.from({ length: count }, () => interactionRecord(interaction({ userId: 'ann' }))));
  await add(20);
  return { folder, log, store, add };
}

/** Takes over and heals, as a runner does first. */
async function begin(context: TaskContext): Promise<void> {
  await heal(context, await takeOver(context), NEVER, () => undefined);
}

async function reasonOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TaskStopped);
  return (error as TaskStopped).reason;
}

describe('a task stops', () => {
  it('when the history that its states need is gone, unless what is left is enough', async () => {
    const { folder, log, store } = await filled();
    deleteBefore(folder, 'interactions', 0, 5);
    expect(await reasonOf(begin(taskContext(log, store)))).toBe('history-gone');
    expect(await store.peekMarker(TASK)).toBeUndefined();
    await begin(taskContext(log, store, { settings: { ...TEST_SETTINGS, healFrom: 'available' } }));
    expect((await store.peek(TASK, 'ann'))?.history.accepted).toBe(15);
  });

  it('when history goes while it is healed: looked up after each chunk was read', async () => {
    const { folder, log, store } = await filled();
    const whileReading: Log['read'] = (topic, partition, from, max) => {
      if (topic === 'interactions' && from === 7) deleteBefore(folder, topic, partition, 9);
      return log.read(topic, partition, from, max);
    };
    const losing = new Proxy<Log>(log, {
      get(target, name) {
        if (name === 'read') return whileReading;
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
    const settings = { ...TEST_SETTINGS, healFrom: 'available' as const };
    expect(await reasonOf(begin(taskContext(losing, store, { settings })))).toBe('history-gone');
    expect(await store.peekMarker(TASK)).toEqual({ interactions: 7, profiles: 0 });
  });

  it('when inputs were deleted unread', async () => {
    const { folder, log, store, add } = await filled();
    await runToEnd(log, store, undefined, EARLIEST);
    await add(2);
    deleteBefore(folder, 'interactions', 0, 21);
    expect(await reasonOf(begin(taskContext(log, store)))).toBe('inputs-deleted');
  });

  it('when inputs are deleted between two polls, before anything is made of the rest', async () => {
    const { folder, log, store, add } = await filled();
    const steps = new Steps();
    const stopped = Promise.withResolvers<undefined>();
    const context = taskContext(log, store, { settings: { ...EARLIEST, watchMs: 1e15 }, onStep: steps.onStep });
    const logger = {
      ...context.logger,
      error: () => {
        stopped.resolve(undefined);
      },
    };
    const runner = new TaskRunner({ ...context, logger }, ready);
    const idle = steps.hold('idle');
    const running = runner.run();
    await idle;
    await add(5);
    deleteBefore(folder, 'interactions', 0, 23);
    const before = await outcomeOf(log, store, ['ann']);
    steps.release();
    await stopped.promise;
    expect(runner.status).toMatchObject({ phase: 'stopped', stopReason: 'inputs-deleted' });
    await runner.stop();
    await running;
    expect(await outcomeOf(log, store, ['ann'])).toEqual(before);
  });

  it('when there are states but no committed offset, however often it is tried', async () => {
    const { folder, log, store } = await filled();
    await begin(taskContext(log, store));
    forgetOffsets(folder);
    expect(await reasonOf(begin(taskContext(log, store)))).toBe('marker-without-offset');
    expect(await reasonOf(begin(taskContext(log, store)))).toBe('marker-without-offset');
  });

  it('when its states are ahead of what is committed', async () => {
    const { log, store } = await filled();
    await begin(taskContext(log, store));
    await store.claim(TASK, 'x', (await store.layout())!);
    const to = { interactions: 21, profiles: 0 };
    await store.write(TASK, 'x', { from: { interactions: 20, profiles: 0 }, to, states: [], expiries: new Map() });
    expect(await reasonOf(begin(taskContext(log, store)))).toBe('marker-beyond-log');
  });

  it('when the log was replaced by another one', async () => {
    const { folder, log, store } = await filled();
    await begin(taskContext(log, store));
    await log.close();
    for (const end of ['', '-wal', '-shm']) rmSync(join(folder, `log.sqlite${end}`), { force: true });
    const other = open(folder);
    await makeTopics(other.log, 1);
    expect(await reasonOf(begin(taskContext(other.log, store)))).toBe('marker-without-offset');
  });

  it('when partitions or reducer settings are not those of the states', async () => {
    const { log, store } = await filled();
    await begin(taskContext(log, store));
    const layout = (await store.layout())!;
    const other = (change: Partial<typeof layout>) => taskContext(log, store, { layout: { ...layout, ...change } });
    expect(await reasonOf(begin(other({ partitions: 2 })))).toBe('partitions-changed');
    expect(await reasonOf(begin(other({ settings: 'x' })))).toBe('settings-changed');
    await begin(taskContext(log, store));
  });
});

describe('a stored state that cannot be read', () => {
  it('stops its own task alone', async () => {
    const stopped = Promise.withResolvers<undefined>();
    const error = (): void => {
      stopped.resolve(undefined);
    };
    const settings = { ...TEST_SETTINGS, hotStates: 0 };
    const change = { settings, logger: { ...SILENT, error }, onFault: stopped.reject };
    const { folder, processor, start, log, store } = await openProcessor([], change);
    const of = (partition: number) => ['ann', 'cyd'].find((user) => partitionOf(Buffer.from(user), 2) === partition)!;
    await start();
    spoilState(folder, TASK, of(0));
    await log.append([of(0), of(1)].map((userId) => interactionRecord(interaction({ userId }))));
    await stopped.promise;
    await expect.poll(async () => (await store.peek({ partition: 1 }, of(1)))?.history.accepted).toBe(1);
    expect(processor.status().tasks).toMatchObject([
      { phase: 'stopped', stopReason: 'state-unreadable' },
      { phase: 'running' },
    ]);
  });
});

describe('an idle owner', () => {
  it('notices that the store went back in time, or has another owner', async () => {
    const { folder, log, store } = await filled();
    const context = taskContext(log, store);
    const taken = await takeOver(context);
    const position = await heal(context, taken, NEVER, () => undefined);
    const at = (marker: Position) => ({ ...taken, unwritten: new Unwritten(marker, 0) });
    expect(await watch(context, at(position))).toBe(0);
    await expect(watch(context, at({ ...position, interactions: 19 }))).rejects.toThrow(OwnershipLost);
    await open(folder).store.claim(TASK, 'newer', context.layout);
    await expect(watch(context, at(position))).rejects.toThrow(OwnershipLost);
  });

  it.each([
    ['', 0],
    [', though its clock was set back', 3_600_000],
  ])('takes over again by itself%s', async (_, back) => {
    const { folder, log, store } = await filled();
    const steps = new Steps();
    let time = 1_800_000_000_000;
    const runner = new TaskRunner(taskContext(log, store, { onStep: steps.onStep, now: () => time }), ready);
    const idle = steps.next('idle');
    const running = runner.run();
    await idle;
    time -= back;
    const claimed = steps.next('claimed');
    await open(folder).store.claim(TASK, 'a rival', (await store.layout())!);
    await claimed;
    await steps.next('idle');
    expect(runner.status.phase).toBe('running');
    await runner.stop();
    await running;
    expect(runner.status.phase).toBe('ended');
  });
});
