/** A master dies and its Sentinels put its replica in its place: the store pauses, and goes on there. */
import { expect, it } from 'vitest';
import { OutcomeUnknown, Unavailable } from '../../src/ports/errors.js';
import {
  bareClient,
  LAYOUT,
  ONE,
  onceAvailable,
  openStore,
  redisForTest,
  TASK,
  until,
  writing,
} from '../builders/redis-store.js';

it('pauses while a master is missing, and goes on with its successor', async () => {
  const master = await redisForTest();
  const replica = await redisForTest({ config: [`replicaof 127.0.0.1 ${master.port}`] });
  const toMaster = bareClient(master.port);
  await until(async () => /state=online/.test(await toMaster.info('replication')));
  const sentinel = await redisForTest({
    sentinel: true,
    config: [
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds main 300',
      'sentinel failover-timeout main 3000',
    ],
  });
  const toSentinel = bareClient(sentinel.port);
  await until(async () => String(await toSentinel.call('SENTINEL', 'REPLICAS', 'main')).includes(`${replica.port}`));

  const store = openStore(`redis+sentinel://127.0.0.1:${sentinel.port}/main`);
  await store.claim(TASK, 'token', LAYOUT);
  await store.write(TASK, 'token', writing());
  await toMaster.set('a', 'b');
  await toMaster.wait(1, 10_000);
  await master.kill();

  await expect(store.marker(TASK, 'token')).rejects.toThrow(Unavailable);
  const to = { interactions: 2, profiles: 2 };
  await expect(store.write(TASK, 'token', writing({ from: ONE, to }))).rejects.toSatisfy(
    (error) => error instanceof Unavailable || error instanceof OutcomeUnknown,
  );
  expect(await onceAvailable(() => store.marker(TASK, 'token'))).toEqual({ ok: true, value: ONE });
  expect(await bareClient(replica.port).role()).toContain('master');
  expect(await onceAvailable(() => store.write(TASK, 'token', writing({ from: ONE, to })))).toMatchObject({ ok: true });
  expect(await store.peekMarker(TASK)).toEqual(to);
});
