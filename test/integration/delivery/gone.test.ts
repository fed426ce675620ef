/** Records that are gone, or seem so: when a task stops, and when it must not. */
import { expect, it } from 'vitest';
import { World } from '../../builders/delivery-world.js';
import { RealStores } from '../../builders/real-stores.js';
import { useKafka, useRedis } from '../../services/use.js';

const stores = await RealStores.prepare(await useKafka(), await useRedis(), 6);
const ONE = { interactions: 1, profiles: 0 };

for (const [first, what] of [
  [2, 'history that states need'],
  [1, 'history that states reflect'],
] as const) {
  it.concurrent(`retention-worded: ${what} is deleted right before it is read`, async (test) => {
    const world = World.begin(stores, test);
    const a = world.owner('A');
    const stored = a.points.hold('stored');
    await world.append('interactions');
    a.start();
    await stored.reached;
    const before = await world.keys.image();
    stored.release();
    await world.append('interactions');
    await world.append('interactions');
    await a.caughtUp(world.end);
    a.crash();
    await world.keys.failOverTo(before);
    world.assignment.giveTo('B');
    const b = world.owner('B');
    b.points.next('read', async (read) => {
      await world.deleteBefore('interactions', first);
      return read();
    });
    b.start();
    if (first === 1) {
      await b.caughtUp(world.end);
      await world.expectUninterrupted();
    } else {
      await Promise.race([b.next('stopped'), b.caughtUp(world.end)]);
      expect(b.status).toMatchObject({ phase: 'stopped', stopReason: 'history-gone' });
      expect(await world.marker()).toEqual(ONE);
      await world.expectFold();
    }
  });
}

it.concurrent('gaps-before-end: the log shows nothing for a moment of what is to be healed', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A', { start: 'latest' });
  await world.append('interactions');
  await world.append('interactions', world.users[1]);
  a.points.next('read', async (read) => ({ ...(await read()), records: [], next: 0 }));
  await a.start().caughtUp(world.end);
  await world.expectUninterrupted(world.end);
});

it.concurrent('stops-as-owner: a zombie comes to an input that the owner processed and retention deleted', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A');
  const b = world.owner('B');
  const polling = a.points.hold('poll');
  a.start();
  await polling.reached;
  await world.append('interactions');
  world.assignment.giveTo('B');
  await b.start().caughtUp(world.end);
  await world.deleteBefore('interactions', 1);
  polling.release();
  await Promise.race([world.assignment.waits('A'), a.next('stopped')]);
  expect(a.status).toMatchObject({ phase: 'waiting', lastError: expect.stringMatching(/another owner/) as string });
  await world.expectUninterrupted();
});

it.concurrent('stops-as-owner: the owner stops where an input was deleted unread', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A');
  const polling = a.points.hold('poll');
  a.start();
  await polling.reached;
  await world.append('interactions');
  await world.append('interactions');
  await world.deleteBefore('interactions', 1);
  polling.release();
  await Promise.race([a.next('stopped'), a.caughtUp(world.end)]);
  expect(a.status).toMatchObject({ phase: 'stopped', stopReason: 'inputs-deleted' });
  expect(await world.marker()).toBeUndefined();
});

it.concurrent('idle: the store goes back while nothing happens', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A', { watchMs: 0 });
  const claimed = a.points.hold('claimed');
  await world.append('interactions');
  a.start();
  await claimed.reached;
  const before = await world.keys.image();
  claimed.release();
  await a.caughtUp(world.end);
  const lost = a.next('lost');
  await world.keys.failOverTo(before);
  await lost;
  await a.caughtUp(world.end);
  await world.expectUninterrupted();
  expect(a.takenOver).toBe(2);
});
