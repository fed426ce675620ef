/** After a doubt, a refusal or a failure nothing is tried again in place, and nothing hot outlives the ownership. */
import { expect, it } from 'vitest';
import { OutcomeUnknown, Unavailable } from '../../../src/ports/errors.js';
import type { Fenced } from '../../../src/ports/state-store.js';
import { World } from '../../builders/delivery-world.js';
import { RealStores } from '../../builders/real-stores.js';
import { useKafka, useRedis } from '../../services/use.js';

const stores = await RealStores.prepare(await useKafka(), await useRedis(), 9);
const HOT = { hotStates: 5 };

for (const [how, arrives] of [
  ['arrived', true],
  ['was lost', false],
] as const) {
  it.concurrent(`ambig-retry: a commit is not answered, and ${how}`, async (test) => {
    const world = World.begin(stores, test);
    const a = world.owner('A');
    const committing = a.points.hold('committing');
    const lost = a.next('lost');
    await world.append('interactions');
    await world.append('profiles');
    a.start();
    await committing.reached;
    a.points.next('end', async (end) => {
      if (arrives) await end();
      throw new Error('no answer within the time limit');
    });
    committing.release();
    await Promise.race([lost, a.caughtUp(world.end)]);
    await a.caughtUp(world.end);
    await world.expectUninterrupted();
    expect(a.takenOver).toBe(2);
  });
}

it.concurrent('from-ignore: the store goes back before the write of a batch, and its user comes again', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A', HOT);
  const claimed = a.points.hold('claimed');
  a.start();
  await claimed.reached;
  const before = await world.keys.image();
  claimed.release();
  await world.append('interactions');
  await a.caughtUp(world.end);
  const committed = a.points.hold('committed');
  await world.append('interactions');
  await committed.reached;
  await world.keys.failOverTo(before);
  await world.append('profiles');
  committed.release();
  await a.caughtUp(world.end);
  await world.expectUninterrupted();
  expect(a.takenOver).toBe(2);
});

it.concurrent('from-heal: what is healed after a refused write is not hot', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A', HOT);
  const stored = a.points.hold('stored');
  await world.append('interactions');
  a.start();
  await stored.reached;
  const before = await world.keys.image();
  stored.release();
  await world.append('interactions');
  await a.caughtUp(world.end);
  const committed = a.points.hold('committed');
  await world.append('interactions');
  await committed.reached;
  await world.keys.failOverTo(before);
  committed.release();
  await a.caughtUp(world.end);
  await world.append('profiles');
  await a.caughtUp(world.end);
  await world.expectUninterrupted();
  expect(a.takenOver).toBe(2);
});

it.concurrent('hot-survives: a write happened and was not answered', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A', HOT);
  await world.append('interactions');
  await a.start().caughtUp(world.end);
  const lost = a.next('lost');
  a.points.next('write', async (write) => {
    await write();
    throw new OutcomeUnknown('no answer');
  });
  await world.append('interactions');
  await lost;
  await world.append('profiles');
  await a.caughtUp(world.end);
  await world.expectUninterrupted();
  expect(a.takenOver).toBe(2);
});

it.concurrent('hot-survives: a task comes back from another owner', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A', HOT);
  const b = world.owner('B', HOT);
  await world.append('interactions');
  await a.start().caughtUp(world.end);
  world.assignment.giveTo('B');
  await b.start().caughtUp(world.end);
  await world.append('interactions');
  await Promise.all([b.caughtUp(world.end), world.assignment.waits('A')]);
  b.crash();
  world.assignment.giveTo('A');
  await world.append('profiles');
  await a.caughtUp(world.end);
  await world.expectUninterrupted();
  expect([a.takenOver, b.takenOver]).toEqual([2, 1]);
});

it.concurrent('hot-early: a transaction fails after its batch was reduced', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A', HOT);
  const committing = a.points.hold('committing');
  const paused = a.next('paused');
  await world.append('interactions');
  a.start();
  await committing.reached;
  a.points.next('announce', () => Promise.reject(new Unavailable('no coordinator')));
  committing.release();
  await Promise.race([paused, a.caughtUp(world.end)]);
  await a.caughtUp(world.end);
  await world.expectUninterrupted();
  expect(a.takenOver).toBe(2);
});

for (const isBack of [false, true]) {
  const where = isBack ? 'in a store that went back' : 'after the next take-over';
  it.concurrent(`rtime-retry: a write that was given up arrives ${where}`, async (test) => {
    const world = World.begin(stores, test);
    const a = world.owner('A', { watchMs: 0 });
    const claimed = a.points.hold('claimed');
    await world.append('interactions');
    a.start();
    await claimed.reached;
    const before = await world.keys.image();
    let late: (() => Promise<Fenced<undefined>>) | undefined;
    a.points.next('write', (write) => {
      late = write;
      return Promise.reject(new OutcomeUnknown('no answer'));
    });
    claimed.release();
    await a.caughtUp(world.end);
    expect(a.takenOver).toBe(2);
    const idle = a.points.hold('idle');
    await idle.reached;
    if (isBack) await world.keys.failOverTo(before);
    expect(await late?.()).toEqual(isBack ? { ok: true, value: undefined } : { ok: false, refused: 'token' });
    await world.expectFold();
    idle.release();
    await world.append('interactions');
    await a.caughtUp(world.end);
    await world.expectUninterrupted();
    expect(a.takenOver).toBe(isBack ? 3 : 2);
  });
}
