/** A master dies and its Sentinels put its replica in its place: the store pauses, and goes on there. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openStore as openConfigured } from '../../src/adapters/open.js';
import { loadConfig } from '../../src/config.js';
import { SILENT } from '../../src/ops/logger.js';
import { OutcomeUnknown, Unavailable } from '../../src/ports/errors.js';
import type { StateStore } from '../../src/ports/state-store.js';
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

it('asks Sentinels that want a password of their own, or a user', async () => {
  const master = await redisForTest({ config: ['requirepass data'] });
  const sentinel = await redisForTest({
    sentinel: true,
    config: [
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      'sentinel auth-pass main data',
      'requirepass hush',
      `user ann on >quiet ${rightsInDocs()}`,
    ],
  });
  const opened = (account: Readonly<Record<string, string>>): Promise<StateStore> =>
    configuredStore({
      STEERSTREAM_REDIS_URL: `redis+sentinel://:data@127.0.0.1:${sentinel.port}/main`,
      ...Object.fromEntries(
        Object.entries(account).map(([name, value]) => [`STEERSTREAM_REDIS_SENTINEL_${name}`, value]),
      ),
    });
  for (const account of [{ PASSWORD: 'hush' }, { USERNAME: 'ann', PASSWORD: 'quiet' }]) {
    const store = await opened(account);
    await store.claim(TASK, JSON.stringify(account), LAYOUT);
    expect(await store.layout()).toEqual(LAYOUT);
  }
  for (const account of [{}, { PASSWORD: 'data' }]) {
    const refused = (await opened(account)).layout();
    await expect(refused).rejects.toThrow(/its Sentinels do not know .* STEERSTREAM_REDIS_SENTINEL_PASSWORD/);
    await expect(refused).rejects.not.toThrow(/hush|quiet/);
  }
});

/** As the service opens it; ends with the test. */
async function configuredStore(env: Readonly<Record<string, string>>): Promise<StateStore> {
  const store = await openConfigured(loadConfig({ ...env, STEERSTREAM_STORE: 'redis' }), SILENT);
  onTestFinished(() => store.close());
  return store;
}

/** Of a user of the Sentinels. */
function rightsInDocs(): string {
  const page = readFileSync(path.join(import.meta.dirname, '../../docs/operations.md'), 'utf8');
  return /where they have users; such a user needs `([^`]+)`/.exec(page)![1]!;
}
