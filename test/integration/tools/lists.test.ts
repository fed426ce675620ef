/** `npm run lists -- refresh`, on the embedded adapters and on Kafka and Redis. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openWire } from '../../../src/adapters/open.js';
import type { RecommendationList } from '../../../src/events/events.js';
import { SILENT } from '../../../src/ops/logger.js';
import type { Log } from '../../../src/ports/log.js';
import { Interrupted } from '../../../src/terminal/user-error.js';
import { refreshLists } from '../../../src/tools/lists/refresh.js';
import { FolderCheckpointStore } from '../../../src/adapters/checkpoints/folder-checkpoint-store.js';
import { temporaryFolder } from '../../builders/folder.js';
import { type Outcome } from '../../builders/outcome.js';
import { USERS } from '../../builders/scenario.js';
import {
  embeddedEnvironment,
  expectMistake,
  listsCommand,
  openWorld,
  outcomeIn,
  serve,
  served,
  serversEnvironment,
} from '../../builders/tools.js';
import { useKafka, useRedis } from '../../services/use.js';

const [brokers, redisUrl] = [await useKafka(), await useRedis()];

/** By user, lists that are not among the earlier ones; each is a refresh. */
function fresh(after: Outcome, before: Outcome): Record<string, readonly RecommendationList[]> {
  const earlier = new Set(Object.values(before.lists).flatMap((lists) => lists.map(({ listId }) => listId)));
  const lists = Object.values(after.lists).flat();
  const added = lists.filter(({ listId }) => !earlier.has(listId));
  expect(new Set(added.map(({ reason }) => reason.trigger))).toEqual(new Set(['refresh']));
  return Object.fromEntries(Map.groupBy(added, ({ userId }) => userId));
}

/** All that a refresh leaves as it is. */
const kept = ({ states }: Outcome): object =>
  Object.fromEntries(
    Object.entries(states).map(([place, state]) => [
      place,
      { ...state, equalizer: { ...state.equalizer, recentEvents: 0 } },
    ]),
  );

describe.each([
  ['embedded', embeddedEnvironment],
  ['Kafka and Redis', () => serversEnvironment(brokers, redisUrl)],
])('npm run lists -- refresh: %s', (_, environment) => {
  it('gives each user with a state one list, which says why, and changes nothing else', async () => {
    const env = await served(environment(), 80);
    const before = await outcomeIn(env);
    const users = Object.values(before.states).map(({ userId }) => userId);
    const run = await listsCommand(env, 'refresh', '--all');
    expect(run).toMatchObject({ code: 0, err: '' });
    expect(run.out).toMatch(new RegExp(`^${users.length} new lists asked for in run "checkpoint-0": `));
    await serve(env);
    const after = await outcomeIn(env);
    expect(Object.keys(fresh(after, before)).sort()).toEqual(users.sort());
    for (const [user, lists] of Object.entries(fresh(after, before))) {
      const state = Object.values(before.states).find(({ userId }) => userId === user);
      expect(lists).toMatchObject([{ equalizerVersion: state?.equalizer.version, reason: { profile: null } }]);
    }
    expect(kept(after)).toEqual(kept(before));
    const again = await listsCommand(env, 'refresh', '--all');
    expect(again.out).toMatch(new RegExp(`^0 new lists .*; ${users.length} had been before`));
  });

  it('makes one list for a user who is chosen twice in a run, and another in another run', async () => {
    const env = await served(environment(), 80);
    const before = await outcomeIn(env);
    const file = join(temporaryFolder(), 'users.txt');
    writeFileSync(file, `${USERS[0]}\n\n${USERS[1]}\r\n${USERS[0]}\n`);
    expect((await listsCommand(env, 'refresh', USERS[0]!, '--run', 'one')).out).toMatch(/^1 new/);
    expect((await listsCommand(env, 'refresh', '--file', file, '--run', 'one')).out).toMatch(/^[12] new/);
    expect((await listsCommand(env, 'refresh', USERS[0]!, '--run', 'two')).out).toMatch(/^1 new/);
    await serve(env);
    const lists = fresh(await outcomeIn(env), before);
    expect([lists[USERS[0]!]?.length, lists[USERS[1]!]?.length]).toEqual([2, 1]);
  });

  it('goes on where it was interrupted', async () => {
    const env = await served(environment(), 80);
    const before = await outcomeIn(env);
    const users = Object.values(before.states).map(({ userId }) => userId);
    const { config, log, store } = await openWorld(env);
    const stop = new AbortController();
    let appended = 0;
    const stopping = {
      extents: log.extents.bind(log),
      progress: log.progress.bind(log),
      append: async (...given: Parameters<Log['append']>) => {
        await log.append(...given);
        appended += given[0].length;
        stop.abort(new Interrupted());
      },
    } as unknown as Log;
    const session = {
      ...{ config, signal: stop.signal, logger: SILENT, print: () => undefined },
      ...{ log: async () => stopping, store: async () => store, wire: () => openWire(config) },
      ...{ admin: () => Promise.reject(new Error('not needed')) },
      checkpoints: async () => new FolderCheckpointStore(temporaryFolder()),
    };
    await expect(refreshLists(session, { users: [], all: true, rate: 2 })).rejects.toThrow(Interrupted);
    expect([appended, appended < users.length]).toEqual([Math.min(2, appended), true]);
    const rest = await listsCommand(env, 'refresh', '--all', '--rate', '1000');
    expect(rest.out).toMatch(new RegExp(`^${users.length - appended} new lists .*; ${appended} had been before`));
    await serve(env);
    expect(Object.values(fresh(await outcomeIn(env), before)).map(({ length }) => length)).toEqual(users.map(() => 1));
  });

  it('says in a line what it cannot do', async () => {
    const env = await served(environment(), 80);
    expectMistake(await listsCommand(env, 'refresh'), /^choose the users in one way/);
    expectMistake(await listsCommand(env, 'refresh', 'ann', '--all'), /^choose the users in one way/);
    expectMistake(await listsCommand(env, 'refresh', 'x'.repeat(513)), /^a user id has 1 to 512 characters, not 513/);
    expectMistake(await listsCommand(env, 'refresh', '--file', '/nowhere'), /^\/nowhere cannot be read/);
    expectMistake(await listsCommand(env, 'refresh', '--all', '--run', 'a b'), /cannot name a run/);
    expectMistake(await listsCommand(env, 'refresh', '--all', '--partition', '9'), /^there is no partition 9/);
  });
});
