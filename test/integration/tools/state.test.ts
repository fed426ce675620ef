/** `npm run state -- heal|snapshot|restore|inspect|erase`, on the embedded adapters and on Kafka and Redis. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { partitionOf } from '../../../src/events/murmur2.js';
import { SILENT } from '../../../src/ops/logger.js';
import { Unavailable } from '../../../src/ports/errors.js';
import type { StateStore } from '../../../src/ports/state-store.js';
import { emptyState, type UserState } from '../../../src/state/user-state.js';
import type { ToolSession } from '../../../src/tools/session.js';
import { restoreSnapshot } from '../../../src/tools/state/restore.js';
import { takeSnapshot } from '../../../src/tools/state/snapshot.js';
import { interaction } from '../../builders/events.js';
import { temporaryFolder } from '../../builders/folder.js';
import { type Outcome } from '../../builders/outcome.js';
import { interactionRecord } from '../../builders/records.js';
import { inputRecords, PARTITIONS, USERS } from '../../builders/scenario.js';
import {
  appendInputs,
  deleteInputsBefore,
  embeddedEnvironment,
  type Environment,
  expectMistake,
  openWorld,
  outcomeIn,
  serve,
  served,
  serversEnvironment,
  stateCommand,
} from '../../builders/tools.js';
import { useKafka, useRedis } from '../../services/use.js';
import { EntryList } from '../../../src/state/entry-list.js';

const [brokers, redisUrl] = [await useKafka(), await useRedis()];

async function emptyStore(env: Environment): Promise<void> {
  if (env['STEERSTREAM_STORE'] !== 'redis') {
    for (const end of ['', '-wal', '-shm'])
      rmSync(join(env['STEERSTREAM_DIR']!, `state.sqlite${end}`), { force: true });
    return;
  }
  const redis = new Redis(redisUrl);
  const keys = await redis.keys(`{${env['STEERSTREAM_GROUP']!}*`);
  expect(keys.length).toBeGreaterThan(PARTITIONS);
  await redis.del(keys);
  await redis.quit();
}

describe.each([
  ['embedded', embeddedEnvironment],
  ['Kafka and Redis', () => serversEnvironment(brokers, redisUrl)],
])('npm run state: %s', (_, environment) => {
  it('heals an empty store to what it was, without a list', async () => {
    const env = await served(environment(), 150);
    const before = await outcomeIn(env);
    await emptyStore(env);
    const { code, out, err } = await stateCommand(env, 'heal');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(
      out.match(/^partition \d: [1-9]\d* offsets healed, states reflect interactions \d+, profiles \d+$/gm),
    ).toHaveLength(3);
    expect(await outcomeIn(env)).toEqual(before);
    expect((await stateCommand(env, 'heal', '--partition', '1')).out).toMatch(/^partition 1: 0 offsets healed.*\n$/);
    expectMistake(await stateCommand(env, 'heal', '--partition', '3'), /^there is no partition 3: .* has 0 to 2\n$/);
  });

  it('heals from what is left of a history only when told to', async () => {
    const env = await served(environment(), 150);
    const { config, log } = await openWorld(env);
    const { end } = (await log.extents(config.topics.interactions))[0]!;
    await deleteInputsBefore(env, 0, end - 10);
    await emptyStore(env);
    expectMistake(
      await stateCommand(env, 'heal', '--partition', '0'),
      /^states of partition 0 reflect .* the log begins at/,
    );
    expect(await stateCommand({ ...env, STEERSTREAM_HEAL_FROM: 'available' }, 'heal')).toMatchObject({ code: 0 });
    const histories = Object.entries((await outcomeIn(env)).states).filter(([place]) => place.startsWith('0/'));
    const accepted = histories.reduce((sum, [, { history }]) => sum + history.accepted, 0);
    expect(accepted).toBeGreaterThan(3);
    expect(accepted).toBeLessThanOrEqual(10);
  });

  it('keeps a snapshot, and brings it back', async () => {
    const env = await served(environment(), 150);
    const before = await outcomeIn(env);
    const file = join(temporaryFolder(), 'states.jsonl.gz');
    expect(await stateCommand(env, 'snapshot', file)).toMatchObject({ code: 0, err: '' });
    expectMistake(await stateCommand(env, 'restore', file), /^the state store is not empty: .*--replace/);

    await emptyStore(env);
    expect(await stateCommand(env, 'restore', file)).toMatchObject({ code: 0, err: '' });
    expect(await outcomeIn(env)).toEqual(before);
    expect((await stateCommand(env, 'heal')).out).toMatch(/^(partition \d: 0 offsets.*\n){3}$/);

    // A user whom the snapshot does not know, and newer states: both must go.
    const newcomer = interactionRecord(interaction({ userId: 'newcomer' }));
    const partition = partitionOf(newcomer.key!, PARTITIONS);
    await appendInputs(env, [...inputRecords(2, 60), { ...newcomer, partition, timestamp: 1_750_000_000_000 }]);
    await serve(env);
    const later = await outcomeIn(env);
    expect(later.states).not.toEqual(before.states);
    expect(await stateCommand(env, 'restore', file, '--replace')).toMatchObject({ code: 0, err: '' });
    const restored = await outcomeIn(env);
    expect(restored.markers).toEqual(before.markers);
    expect(restored.states).toEqual({ ...before.states, [`${partition}/newcomer`]: emptyState('newcomer') });
    expect(await stateCommand(env, 'heal')).toMatchObject({ code: 0, err: '' });
    expect(await outcomeIn(env)).toEqual(later);
  });

  it('refuses a snapshot that was cut, that is none, or that other settings made, and changes nothing', async () => {
    const env = await served(environment(), 150);
    const folder = temporaryFolder();
    const file = join(folder, 'states.jsonl.gz');
    await stateCommand(env, 'snapshot', file);
    await emptyStore(env);
    const bytes = readFileSync(file);
    writeFileSync(join(folder, 'cut'), bytes.subarray(0, bytes.length - 40));
    writeFileSync(join(folder, 'text'), 'hello');
    for (const name of ['cut', 'text']) {
      expectMistake(await stateCommand(env, 'restore', join(folder, name)), / is no snapshot that can be used: /);
    }
    expect((await stateCommand(env, 'restore', join(folder, 'nowhere'))).err).toMatch(/^there is no file .*nowhere\n$/);
    const other = { ...env, STEERSTREAM_SEQUENCE_LENGTH: '50' };
    expect((await stateCommand(other, 'restore', file)).err).toMatch(
      /^the states in .* were made with .*"sequenceLength":200/,
    );
    expect((await stateCommand(env, 'inspect', USERS[0]!)).err).toMatch(/^(the state store is empty|no states in)/);
  });

  it('a task of which half was restored is not taken for a past, and the next restore makes it whole', async () => {
    const env = await served(environment(), 150);
    const before = await outcomeIn(env);
    const file = join(temporaryFolder(), 'states.jsonl.gz');
    await stateCommand(env, 'snapshot', file);
    await emptyStore(env);
    let writes = 0;
    const failing = await sessionOf(env, (store) => ({
      write: (...args) => {
        writes += 1;
        return writes === 2 ? Promise.reject(new Unavailable('gone')) : store.write(...args);
      },
    }));
    await expect(restoreSnapshot(failing, file, false)).rejects.toThrow('gone');
    expectMistake(
      await stateCommand(env, 'heal'),
      /^".*interactions" 0 ends at \d+, committed is .* the states reflect/,
    );
    expect(await stateCommand(env, 'restore', file, '--replace')).toMatchObject({ code: 0, err: '' });
    expect(await outcomeIn(env)).toEqual(before);
  });

  it('reads a task again that changes while it is read, and gives up when it always does', async () => {
    const env = await served(environment(), 150);
    const before = await outcomeIn(env);
    const file = join(temporaryFolder(), 'states.jsonl.gz');
    const [ann] = Object.values(before.states).filter(
      ({ userId }) => partitionOf(Buffer.from(userId), PARTITIONS) === 0,
    );
    /** Writes another state of a user, and moves the marker, right before a stretch is read. */
    const moving = (times: number) => (store: StateStore) => ({
      scan: async (...[task, cursor, max]: Parameters<StateStore['scan']>) => {
        if (task.partition === 0 && times > 0) {
          times -= 1;
          await store.claim(task, 'owner', (await store.layout())!);
          const from = (await store.peekMarker(task))!;
          const to = { ...from, interactions: from.interactions + 1 };
          const states = [{ ...ann!, history: { ...ann!.history, accepted: 1000 + to.interactions } }];
          await store.write(task, 'owner', { from, to, states, expiries: new Map() });
        }
        return store.scan(task, cursor, max);
      },
    });
    await takeSnapshot(await sessionOf(env, moving(2)), file);
    const changed = await outcomeIn(env);
    expect(stateOf(changed, ann!.userId)).not.toEqual(ann);
    await emptyStore(env);
    await stateCommand(env, 'restore', file);
    expect(await outcomeIn(env)).toEqual(changed);
    await expect(takeSnapshot(await sessionOf(env, moving(99)), file)).rejects.toThrow('stop the service');
  });

  it('shows a user', async () => {
    const env = await served(environment(), 150);
    const { states } = await outcomeIn(env);
    const [place, state] = Object.entries(states).find(([, { history }]) => history.sequence.length > 2)!;
    const { code, out, err } = await stateCommand(env, 'inspect', state.userId);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`user ${state.userId}, partition ${place.split('/')[0]!}\n`);
    expect(out).toContain(`sequence: ${state.history.sequence.length} items of ${state.history.accepted} accepted`);
    expect(out).toContain([...state.history.sequence].at(-1)!.itemId);
    const { out: json } = await stateCommand(env, 'inspect', state.userId, '--json');
    expect(JSON.parse(json)).toMatchObject({ partition: Number(place.split('/')[0]), state });
    const unknown = await stateCommand(env, 'inspect', 'nobody');
    expectMistake(unknown, /^there is no state of user "nobody" in partition \d, where states reflect/);
  });

  it('forgets a user, also when the states are made again', async () => {
    const env = await served(environment(), 150);
    const { states } = await outcomeIn(env);
    const { userId } = Object.values(states).find(({ history }) => history.sequence.length > 2)!;
    expect(await stateCommand(env, 'erase', userId)).toMatchObject({ code: 0, err: '' });
    await serve(env);
    const erased = stateOf(await outcomeIn(env), userId);
    expect(erased.history).toMatchObject({
      sequence: EntryList.EMPTY,
      older: EntryList.EMPTY,
      hidden: EntryList.EMPTY,
      context: null,
    });
    expect(erased.equalizer.gains).toEqual({});
    await emptyStore(env);
    expect(await stateCommand(env, 'heal')).toMatchObject({ code: 0 });
    expect(stateOf(await outcomeIn(env), userId)).toEqual(erased);
    expect((await stateCommand(env, 'inspect', userId)).out).toMatch(/^erased: everything up to 20/m);
  });
});

describe('npm run state -- snapshot, where files cannot be written', () => {
  it.skipIf(!existsSync('/dev/full')).each([[['.part']], [['.task']], [['.part', '.task']]])(
    'says in one line that the disk is full, and leaves nothing behind: %j',
    async (full) => {
      const env = await served(embeddedEnvironment(), 150);
      const folder = temporaryFolder();
      for (const end of full) symlinkSync('/dev/full', join(folder, `states${end}`));
      expectMistake(
        await stateCommand(env, 'snapshot', join(folder, 'states')),
        /^\S*states cannot be written: ENOSPC: no space left on device/,
      );
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it('says in one line what is wrong with their place', async () => {
    const env = await served(embeddedEnvironment(), 150);
    const folder = temporaryFolder();
    expectMistake(await stateCommand(env, 'snapshot', join(folder, 'no', 'x')), /^\S*x cannot be written: ENOENT/);
    mkdirSync(join(folder, 'x', 'y'), { recursive: true });
    expectMistake(await stateCommand(env, 'snapshot', join(folder, 'x')), /^\S*x cannot be written: E/);
    expect(readdirSync(folder)).toEqual(['x']);
  });
});

describe('npm run state, where nothing answers', () => {
  it.each([
    [{ STEERSTREAM_REDIS_URL: 'redis://127.0.0.1:1' }, /^Redis cannot be reached: .*\n$/],
    [{ STEERSTREAM_REDIS_URL: 'http://127.0.0.1' }, /^STEERSTREAM_REDIS_URL cannot be read: .*redis:\/\/.*\n$/],
    [{ STEERSTREAM_STORE: 'embedded', STEERSTREAM_DIR: '/nowhere' }, /^no states in \/nowhere: .*\n$/],
  ])('says so in one line: %j', async (change, message) => {
    const env = { ...serversEnvironment(brokers, redisUrl), ...change };
    expectMistake(await stateCommand(env, 'inspect', 'ann'), message);
  });

  it('says in one line that no broker answers', async () => {
    const env = { ...serversEnvironment('127.0.0.1:1', redisUrl) };
    expectMistake(await stateCommand(env, 'erase', 'ann'), /^Kafka could not .*127\.0\.0\.1:1/);
  });
});

/** A session whose store does some things in another way. */
async function sessionOf(env: Environment, change: (store: StateStore) => Partial<StateStore>): Promise<ToolSession> {
  const { config, log, store } = await openWorld(env);
  const changed = { ...bound(store), ...change(store) };
  return {
    config,
    signal: new AbortController().signal,
    logger: SILENT,
    print: () => undefined,
    log: async () => log,
    store: async () => changed,
    admin: () => Promise.reject(new Error('not needed')),
    wire: () => Promise.reject(new Error('not needed')),
    checkpoints: () => Promise.reject(new Error('not needed')),
  };
}

/** Its methods, which know their own store. */
function bound(store: StateStore): StateStore {
  const { layout, claim, marker, read, write, due, peekMarker, peek, scan, close } = store;
  const all = { layout, claim, marker, read, write, due, peekMarker, peek, scan, close };
  return Object.fromEntries(
    Object.entries(all).map(([name, method]) => [name, method.bind(store)]),
  ) as unknown as StateStore;
}

function stateOf({ states }: Outcome, userId: string): UserState {
  return Object.values(states).find((state) => state.userId === userId)!;
}
