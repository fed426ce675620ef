/** Two owners of one task: the older one sleeps inside a step, the newer takes over, the older wakes up. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TaskRunner } from '../../src/stream/task-runner.js';
import type { StepName } from '../../src/stream/steps.js';
import { interaction, profileEvent } from '../builders/events.js';
import { temporaryFolder } from '../builders/folder.js';
import { type Outcome, outcomeOf } from '../builders/outcome.js';
import { interactionRecord, profileRecord } from '../builders/records.js';
import { makeTopics, openStores, TEST_SETTINGS } from '../builders/stream.js';
import { Steps, taskContext } from '../builders/task.js';

const EARLIEST = { ...TEST_SETTINGS, start: 'earliest' as const };
const USERS = ['ann', 'bob'];

/** A fake group: the older member's heartbeat succeeds once, then never again: it is a zombie. */
function heartbeats(count: number): { heartbeat: () => Promise<void>; asked: () => number; gated: Promise<void> } {
  let asked = 0;
  const gated = Promise.withResolvers<undefined>();
  const heartbeat = (): Promise<void> => {
    asked += 1;
    if (asked <= count) return Promise.resolve();
    gated.resolve(undefined);
    return new Promise(() => undefined);
  };
  return { heartbeat, asked: () => asked, gated: gated.promise };
}

describe('a zombie', () => {
  let folder: string;
  let open: ReturnType<typeof openStores>[];
  beforeEach(() => {
    folder = temporaryFolder();
    open = [];
  });
  afterEach(async () => {
    for (const { log, store } of open) {
      await log.close();
      await store.close();
    }
  });
  const connect = (to = folder): ReturnType<typeof openStores> => {
    const stores = openStores(to);
    open.push(stores);
    return stores;
  };

  async function fill(to: string): Promise<ReturnType<typeof openStores>> {
    const stores = connect(to);
    await makeTopics(stores.log, 1);
    const inputs = Array.from({ length: 30 }, (_, index) => {
      const userId = USERS[index % 2]!;
      const times = { eventId: `${index}`, occurredAt: 1000 + index };
      if (index % 5 === 0) return profileRecord(profileEvent({ ...times, userId, gains: { 'genre/a': index / 30 } }));
      return interactionRecord(interaction({ ...times, userId, itemId: `item-${index}` }));
    });
    await stores.log.append(inputs);
    return stores;
  }

  async function reference(): Promise<Outcome> {
    const { log, store } = await fill(temporaryFolder());
    const steps = new Steps();
    const runner = new TaskRunner(
      taskContext(log, store, { settings: EARLIEST, onStep: steps.onStep }),
      heartbeats(1).heartbeat,
    );
    const idle = steps.next('idle');
    const running = runner.run();
    await idle;
    await runner.stop();
    await running;
    return outcomeOf(log, store, USERS);
  }

  it.each<StepName>([
    'fenced',
    'claimed',
    'settled',
    'running',
    'polled',
    'reduced',
    'recommended',
    'committing',
    'committed',
    'stored',
    'idle',
  ])('that wakes at %s is refused everywhere and changes nothing', async (step) => {
    const expected = await reference();
    const first = await fill(folder);
    const olderSteps = new Steps();
    const group = heartbeats(1);
    const older = new TaskRunner(
      taskContext(first.log, first.store, { settings: EARLIEST, onStep: olderSteps.onStep }),
      group.heartbeat,
    );
    const there = olderSteps.hold(step);
    const olderRunning = older.run();
    await there;

    const second = connect();
    const newerSteps = new Steps();
    const newer = new TaskRunner(
      taskContext(second.log, second.store, { settings: EARLIEST, onStep: newerSteps.onStep }),
      // A zombie that wakes before its claim may still take the newer owner's token from it: that one comes back.
      heartbeats(2).heartbeat,
    );
    const newerIdle = newerSteps.next('idle');
    const newerRunning = newer.run();
    await newerIdle;
    const before = await outcomeOf(second.log, second.store, USERS);

    olderSteps.release();
    await group.gated;
    expect(group.asked()).toBe(2);
    const settled = newerSteps.next('idle');
    await settled;
    expect(older.status.lastError).toMatch(/another owner/);
    await older.stop();
    await newer.stop();
    await Promise.all([olderRunning, newerRunning]);
    const after = await outcomeOf(second.log, second.store, USERS);
    expect(after).toEqual(before);
    expect(after).toEqual(expected);
  });
});
