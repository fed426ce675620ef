/** States count only as read with the owner's token at the owner's position (rules checkedReads, checkedHealingReads). */
import { expect, it } from 'vitest';
import { OutcomeUnknown } from '../../../src/ports/errors.js';
import type { RedisImage, TaskKeys } from '../../builders/redis-image.js';
import { World } from '../../builders/delivery-world.js';
import { RealStores } from '../../builders/real-stores.js';
import { useKafka, useRedis } from '../../services/use.js';

const stores = await RealStores.prepare(await useKafka(), await useRedis(), 4);

type FailOver = (keys: TaskKeys, before: RedisImage) => Promise<void>;
const FAILOVERS: Readonly<Record<string, FailOver>> = {
  'worded: the store goes back to before the batch that the next one builds on': (keys, before) =>
    keys.failOverTo(before),
  'load-unchecked: the store loses everything between two batches': (keys) => keys.failOverToNothing(),
};

for (const [scenario, failOver] of Object.entries(FAILOVERS)) {
  it.concurrent(scenario, async (test) => {
    const world = World.begin(stores, test);
    const a = world.owner('A');
    const claimed = a.points.hold('claimed');
    a.start();
    await claimed.reached;
    const before = await world.keys.image();
    claimed.release();
    await world.append('interactions');
    await a.caughtUp(world.end);
    const polled = a.points.hold('polled');
    const lost = a.next('lost');
    await world.append('interactions');
    await polled.reached;
    await failOver(world.keys, before);
    polled.release();
    await Promise.race([lost, a.caughtUp(world.end)]);
    await a.caughtUp(world.end);
    await world.expectUninterrupted();
    expect(a.takenOver).toBe(2);
  });
}

it.concurrent('load-unchecked-hot: an owner that takes over with nothing hot reads a store that went back', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A', { hotStates: 5 });
  const claimed = a.points.hold('claimed');
  a.start();
  await claimed.reached;
  const before = await world.keys.image();
  claimed.release();
  const lost = a.next('lost');
  a.points.next('write', async (write) => {
    await write();
    throw new OutcomeUnknown('no answer');
  });
  await world.append('interactions');
  await lost;
  const polled = a.points.hold('polled');
  await world.append('interactions');
  await polled.reached;
  await world.keys.failOverTo(before);
  polled.release();
  await a.caughtUp(world.end);
  await world.expectUninterrupted();
  expect(a.takenOver).toBe(3);
});

it.concurrent('heal-unchecked: a zombie that heals reads what the owner healed, and the store goes back', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A', { start: 'latest' });
  const b = world.owner('B', { start: 'latest', watchMs: 0 });
  await world.append('interactions');
  const bLost = b.next('lost');
  a.points.next('load', async (load) => {
    const before = await world.keys.image();
    world.assignment.giveTo('B');
    await b.start().caughtUp(world.end);
    // Refused; or B's state, to which the zombie has nothing to add.
    const answer = await load();
    await world.keys.failOverTo(before);
    return answer;
  });
  a.start();
  await Promise.race([world.assignment.waits('A'), a.caughtUp(world.end)]);
  await bLost;
  await b.caughtUp(world.end);
  await world.expectUninterrupted(world.end);
  expect([a.takenOver, b.takenOver]).toEqual([1, 2]);
});
