/** Token, marker and heartbeat: what keeps a zombie, and an owner whose store went back, from doing harm. */
import { expect, it } from 'vitest';
import type { Fenced } from '../../../src/ports/state-store.js';
import { World } from '../../builders/delivery-world.js';
import { RealStores } from '../../builders/real-stores.js';
import { useKafka, useRedis } from '../../services/use.js';

const stores = await RealStores.prepare(await useKafka(), await useRedis(), 4);

it.concurrent('token-counter: the store is emptied between the claims of a zombie and of the owner', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A');
  const settled = a.points.hold('settled');
  a.start();
  await settled.reached;
  world.assignment.giveTo('B');
  await world.keys.failOverToNothing();
  await world.append('interactions');
  await world.owner('B').start().caughtUp(world.end);
  settled.release();
  await Promise.race([world.assignment.waits('A'), a.next('stopped')]);
  // It knows of no input, and the states are ahead of it: but they are no business of a zombie.
  expect(a.status).toMatchObject({ phase: 'waiting', lastError: expect.stringMatching(/another owner/) as string });
  await world.expectUninterrupted();
});

it.concurrent('token-off: a zombie writes where the owner has not healed yet', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A');
  const b = world.owner('B');
  const committed = a.points.hold('committed');
  await world.append('interactions');
  a.start();
  await committed.reached;
  world.assignment.giveTo('B');
  const claimed = b.points.hold('claimed');
  b.start();
  await claimed.reached;
  let answer: Fenced<undefined> | undefined;
  a.points.next('write', async (write) => (answer = await write()));
  committed.release();
  await Promise.race([world.assignment.waits('A'), a.caughtUp(world.end)]);
  expect(answer).toEqual({ ok: false, refused: 'token' });
  claimed.release();
  await b.caughtUp(world.end);
  await world.expectUninterrupted();
});

it.concurrent('no-cas: the store goes back after a batch was reduced', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A');
  const claimed = a.points.hold('claimed');
  a.start();
  await claimed.reached;
  const before = await world.keys.image();
  claimed.release();
  await world.append('profiles');
  await a.caughtUp(world.end);
  const reduced = a.points.hold('reduced');
  await world.append('profiles', world.users[1]);
  await reduced.reached;
  await world.keys.failOverTo(before);
  reduced.release();
  await a.caughtUp(world.end);
  await world.expectUninterrupted();
  expect(a.takenOver).toBe(2);
});

it.concurrent('no-gate: a zombie that was fenced does not fence the owner in turn', async (test) => {
  const world = World.begin(stores, test);
  const a = world.owner('A');
  const b = world.owner('B');
  await a.start().caughtUp(world.end);
  world.assignment.giveTo('B');
  await b.start().caughtUp(world.end);
  const again = a.points.at('fenced');
  await world.append('interactions');
  await Promise.race([world.assignment.waits('A'), again]);
  await b.caughtUp(world.end);
  await world.expectUninterrupted();
  expect([a.takenOver, b.takenOver]).toEqual([1, 1]);
});
