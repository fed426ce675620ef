/** The write of states is put off while records wait: fewer writes, the same lists and states. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Gate } from '../../src/stream/gate.js';
import { MOST_BATCHES, PUT_OFF_STATES } from '../../src/stream/unwritten.js';
import { TaskRunner } from '../../src/stream/task-runner.js';
import { interaction, profileEvent } from '../builders/events.js';
import { temporaryFolder } from '../builders/folder.js';
import { outcomeOf } from '../builders/outcome.js';
import { interactionRecord, profileRecord } from '../builders/records.js';
import { deleteBefore } from '../builders/raw-log.js';
import { makeTopics, openStores, runToEnd, TEST_SETTINGS } from '../builders/stream.js';
import { Steps, taskContext } from '../builders/task.js';

const USERS = ['ann', 'bob', 'cid'];
const [MANY_USERS, MANY_A_BATCH] = [2400, 200];
const RECORDS = 100;
const TASK = { partition: 0 };

describe.each([0, 5])('with %i hot states', (hotStates) => {
  const settings = { ...TEST_SETTINGS, start: 'earliest' as const, batchSize: 4, hotStates };
  let folder: string;
  let stores: ReturnType<typeof openStores>;
  beforeEach(async () => {
    folder = temporaryFolder();
    stores = openStores(folder);
    await makeTopics(stores.log, 1);
  });
  afterEach(async () => {
    await stores.log.close();
    await stores.store.close();
  });

  const append = (from: number, count: number): Promise<unknown> =>
    stores.log.append(
      Array.from({ length: count }, (_, i) => {
        const index = from + i;
        const userId = USERS[(index * 7) % 3]!;
        const times = { eventId: `${index}`, occurredAt: 1000 + index };
        if (index % 5 === 0)
          return profileRecord(profileEvent({ ...times, userId, gains: { 'genre/a': index / 100 } }));
        return interactionRecord(interaction({ ...times, userId, itemId: `item-${index % 23}` }));
      }),
    );

  /** Runs to the end of what is there. */
  async function run(): Promise<Steps> {
    const { log, store } = stores;
    const steps = new Steps();
    const runner = new TaskRunner(taskContext(log, store, { settings, onStep: steps.onStep }), () => Promise.resolve());
    const idle = steps.next('idle');
    const running = runner.run();
    await idle;
    await runner.stop();
    await running;
    return steps;
  }

  it('writes once for sixteen batches while records wait, and soon when none do', async () => {
    await append(0, RECORDS);
    const { seen } = await run();
    const count = (step: (typeof seen)[number]): number => seen.filter((one) => one === step).length;
    expect(count('committed')).toBeGreaterThanOrEqual(RECORDS / 4);
    expect(count('stored')).toBe(Math.ceil(count('committed') / MOST_BATCHES));
    expect(count('put-off')).toBe(count('committed') - Math.floor(count('committed') / MOST_BATCHES));
    expect(seen.lastIndexOf('stored')).toBeLessThan(seen.indexOf('idle'));
    const marker = await stores.store.peekMarker(TASK);
    expect((marker?.interactions ?? 0) + (marker?.profiles ?? 0)).toBe(RECORDS);
  });

  it('comes to the states that batches of one come to, each written at once, with a list for each input', async () => {
    await append(0, RECORDS);
    await run();
    const together = await outcomeOf(stores.log, stores.store, USERS);
    await stores.log.close();
    await stores.store.close();
    stores = openStores(temporaryFolder());
    await makeTopics(stores.log, 1);
    for (let index = 0; index < RECORDS; index += 1) {
      await append(index, 1);
      await run();
    }
    const apart = await outcomeOf(stores.log, stores.store, USERS);
    expect(together.states).toEqual(apart.states);
    expect(Object.values(together.lists).flat()).toHaveLength(RECORDS);
  });

  it('reads from the store where it left the marker, and only users who are not waiting to be written', async () => {
    await append(0, RECORDS);
    const { store } = stores;
    const [read, write] = [vi.spyOn(store, 'read'), vi.spyOn(store, 'write')];
    await run();
    let marker = { interactions: 0, profiles: 0 };
    const order = [
      ...read.mock.calls.map(([, , at], i) => ({ at, to: at, turn: read.mock.invocationCallOrder[i] ?? 0 })),
      ...write.mock.calls.map(([, , { from: at, to }], i) => ({
        at,
        to,
        turn: write.mock.invocationCallOrder[i] ?? 0,
      })),
    ].sort((one, other) => one.turn - other.turn);
    for (const { at, to } of order) {
      expect(at).toEqual(marker);
      marker = to;
    }
    const reads = read.mock.calls.flatMap(([, , , users]) => users);
    const written = write.mock.calls.map(([, , { states }]) => states.map(({ userId }) => userId));
    for (const users of written) expect(new Set(users).size).toBe(users.length);
    const batches = RECORDS / 4;
    // Nobody is read twice between two writes.
    expect(reads.length).toBeLessThanOrEqual(
      hotStates > 0 ? USERS.length : (batches / MOST_BATCHES + 1) * USERS.length,
    );
  });

  it('writes before a rebalance goes on', async () => {
    await append(0, RECORDS);
    const { log, store } = stores;
    const [steps, gate] = [new Steps(), new Gate()];
    const runner = new TaskRunner(taskContext(log, store, { settings, gate, onStep: steps.onStep }), () =>
      Promise.resolve(),
    );
    const committing = steps.hold('committing');
    const running = runner.run();
    await committing;
    const closed = gate.close();
    steps.release();
    await closed;
    const marker = await store.peekMarker(TASK);
    expect((marker?.interactions ?? 0) + (marker?.profiles ?? 0)).toBe(4);
    gate.open();
    await runner.stop();
    await running;
  });

  it('writes before it stops for a person: the records that would heal it may be what is gone', async () => {
    await append(0, RECORDS);
    const { log, store } = stores;
    const steps = new Steps();
    const context = taskContext(log, store, { settings: { ...settings, watchMs: 1e15 }, onStep: steps.onStep });
    const stopped = Promise.withResolvers<undefined>();
    const logger = { ...context.logger, error: () => stopped.resolve(undefined) };
    const runner = new TaskRunner({ ...context, logger }, () => Promise.resolve());
    const putOff = steps.hold('put-off');
    const running = runner.run();
    await putOff;
    expect(await store.peekMarker(TASK)).toBeUndefined();
    deleteBefore(folder, 'interactions', 0, 40);
    steps.release();
    await stopped.promise;
    expect(runner.status).toMatchObject({ phase: 'stopped', stopReason: 'inputs-deleted' });
    const marker = await store.peekMarker(TASK);
    expect((marker?.interactions ?? 0) + (marker?.profiles ?? 0)).toBe(4);
    await runner.stop();
    await running;
  });
});

describe('many users', () => {
  it.each([
    ['a thousand', 5, PUT_OFF_STATES],
    ['are kept hot', 1600, 1600],
  ])('are written when more than %s wait, however few the batches', async (_, hotStates, most) => {
    const settings = { ...TEST_SETTINGS, start: 'earliest' as const, batchSize: MANY_A_BATCH, hotStates };
    const { log, store } = openStores(temporaryFolder());
    await makeTopics(log, 1);
    await log.append(
      Array.from({ length: MANY_USERS }, (_each, n) =>
        interactionRecord(interaction({ userId: `user-${n}`, eventId: `${n}`, occurredAt: 1000 + n })),
      ),
    );
    const write = vi.spyOn(store, 'write');
    await runToEnd(log, store, undefined, settings);
    const sizes = write.mock.calls.map(([, , { states }]) => states.length);
    expect(sizes[0]).toBeGreaterThan(most);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(most + MANY_A_BATCH);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(MANY_USERS);
    await log.close();
    await store.close();
  });
});
