import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { FolderCheckpointStore } from '../../src/adapters/checkpoints/folder-checkpoint-store.js';
import { SqliteLog } from '../../src/adapters/embedded/sqlite-log.js';
import { tinyCheckpointFiles } from '../builders/checkpoint.js';
import { interaction, profileEvent } from '../builders/events.js';
import { runService, startService } from '../builders/service-process.js';
import { temporaryFolder } from '../builders/folder.js';
import { untilReady, World } from './world.js';

const json = { 'content-type': 'application/json' };

describe('the service', { timeout: 90_000 }, () => {
  it('turns interactions and equalizer changes into lists, over the log and over HTTP', async () => {
    const world = await World.create();
    const sequence = await world.checkpoints.publish(tinyCheckpointFiles());
    // Before the first start: makes a state, and no list.
    await world.interact(interaction({ eventId: 'past', userId: 'ann', itemId: 'i3' }));
    const service = await startService({ DIR: world.dir, LIST_SIZE: '5' });
    await untilReady(service.url);

    await world.interact(
      interaction({ eventId: 'e1', userId: 'ann', itemId: 'i1' }),
      interaction({ eventId: 'e1', userId: 'ann', itemId: 'i1' }),
      interaction({ eventId: 'e2', userId: 'bob', itemId: 'i2' }),
    );
    const lists = await world.awaitLists(2);
    const ofAnn = lists.find(({ userId }) => userId === 'ann');
    expect(ofAnn?.items).toHaveLength(5);
    expect(ofAnn?.items.map(({ itemId }) => itemId)).not.toContain('i1');
    expect(ofAnn?.items.map(({ itemId }) => itemId)).not.toContain('i3');
    expect(ofAnn?.reason).toEqual({ trigger: 'interaction', ranking: 'model', profile: null });
    expect(ofAnn?.checkpoint).toMatch(new RegExp(`^${sequence}-`));

    // A slider moves: over HTTP, and as any other producer would.
    const put = await fetch(`${service.url}/users/ann/equalizer`, {
      method: 'PUT',
      headers: { ...json, 'if-match': '"0"' },
      body: JSON.stringify({ gains: { 'genre/Even': 1 } }),
    });
    expect(put.status).toBe(202);
    const [steered] = (await world.awaitLists(3)).filter(({ reason }) => reason.trigger === 'profile');
    expect(steered).toMatchObject({ userId: 'ann', equalizerVersion: 1, reason: { profile: 'applied' } });
    expect(steered?.effects).toMatchObject([{ attribute: 'genre/Even', gain: 1 }]);

    const shown = await fetch(`${service.url}/users/ann/equalizer`);
    expect(shown.headers.get('etag')).toBe('"1"');
    expect(await shown.json()).toMatchObject({ gains: { 'genre/Even': 1 }, off: false });

    const current = (await (await fetch(`${service.url}/users/ann/recommendations`)).json()) as { items: unknown };
    expect(current.items).toEqual(steered?.items);

    const stranger = await fetch(`${service.url}/users/nobody/recommendations?limit=3`);
    expect(await stranger.json()).toMatchObject({
      ranking: 'popular',
      items: [{ itemId: 'i0' }, { itemId: 'i1' }, { itemId: 'i2' }],
    });

    await world.steer(profileEvent({ eventId: 'p1', userId: 'cyd', mode: 'merge', gains: { 'genre/Even': -1 } }));
    const popular = (await world.awaitLists(4)).find(({ userId }) => userId === 'cyd');
    expect(popular?.reason.ranking).toBe('popular');
    expect(popular?.items.map(({ itemId }) => Number(itemId.slice(1)) % 2)).toEqual([1, 1, 1, 1, 1]);

    const ended = await service.end('SIGTERM');
    expect(ended.status).toBe(0);
    expect(ended.stdout.trim().split('\n')).toHaveLength(1);

    // Another process goes on where this one left: nothing twice, nothing missing.
    await world.interact(interaction({ eventId: 'e3', userId: 'bob', itemId: 'i5' }));
    const next = await startService({ DIR: world.dir, LIST_SIZE: '5' });
    const all = await world.awaitLists(5);
    await untilReady(next.url);
    expect(new Set(all.map(({ listId }) => listId)).size).toBe(5);
    expect((await world.lists()).length).toBe(5);
    expect((await next.end('SIGINT')).status).toBe(0);
  });

  it('says what it waits for, takes a checkpoint when there is one, swaps to a newer, and refuses a bad one', async () => {
    const world = await World.create();
    const service = await startService({ DIR: world.dir });
    const ready = async () => (await fetch(`${service.url}/health/ready`)).json() as Promise<{ reasons: string[] }>;
    expect((await ready()).reasons).toEqual(['no checkpoint has been published yet']);
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);

    await world.checkpoints.publish(tinyCheckpointFiles(1));
    await untilReady(service.url);
    const current = async () =>
      (await fetch(`${service.url}/checkpoints/current`)).json() as Promise<{ sequence: number }>;
    expect((await current()).sequence).toBe(1);

    await world.checkpoints.publish(tinyCheckpointFiles(2));
    await expect.poll(async () => (await current()).sequence, { timeout: 20_000 }).toBe(2);
    await world.interact(interaction({ eventId: 'e1', userId: 'ann', itemId: 'i1' }));
    expect((await world.awaitLists(1))[0]?.checkpoint).toMatch(/^2-/);

    const broken = tinyCheckpointFiles(3);
    broken.set('manifest.json', Buffer.from('{}'));
    await world.checkpoints.publish(broken);
    await expect.poll(() => service.stderr(), { timeout: 20_000 }).toContain('checkpoint refused');
    expect((await current()).sequence).toBe(2);
    await world.interact(interaction({ eventId: 'e2', userId: 'ann', itemId: 'i2' }));
    expect((await world.awaitLists(2)).map(({ checkpoint }) => checkpoint[0])).toEqual(['2', '2']);
    expect((await service.end('SIGTERM')).status).toBe(0);
  });

  it('makes what is missing in an empty folder, and ends while it waits for a checkpoint', async () => {
    const dir = temporaryFolder();
    const service = await startService({ DIR: `${dir}/new`, PARTITIONS: '3' });
    const answer = await fetch(`${service.url}/users/ann/recommendations`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect((await service.end('SIGTERM')).status).toBe(0);
    const log = SqliteLog.open(`${dir}/new`);
    for (const topic of ['interactions', 'profiles', 'catalogue', 'recommendations', 'dead-letters'])
      expect(await log.extents(topic)).toHaveLength(3);
    await log.close();
  });

  it('stops at a bad configuration with a list of everything that is wrong', async () => {
    const ended = await runService({ PORT: 'eighty', LIST_SIZE: '0', LISTSIZE: '10' });
    expect(ended).toEqual({
      status: 2,
      stdout: '',
      stderr: [
        'The configuration cannot be used:',
        '  - STEERSTREAM_LISTSIZE is not a variable of Steerstream: did you mean STEERSTREAM_LIST_SIZE?',
        '  - STEERSTREAM_PORT is "eighty": it must be a whole number from 0 to 65535',
        '  - STEERSTREAM_LIST_SIZE is "0": it must be a whole number from 1 to 500',
        '',
      ].join('\n'),
    });
  });

  it.each(['http://host', 'redis://a%@host'])('names the variable where Redis has no address: %s', async (url) => {
    const ended = await runService({ DIR: temporaryFolder(), STORE: 'redis', REDIS_URL: url, ENGINE: 'wasm' });
    expect(ended).toMatchObject({ status: 2, stdout: '' });
    expect(ended.stderr).toMatch(/cannot be used:\n {2}- STEERSTREAM_REDIS_URL cannot be read: .+\n$/);
  });

  it('ends with the reason when it cannot go on', async () => {
    const dir = temporaryFolder();
    const log = SqliteLog.open(dir);
    await log.ensureTopic('interactions', 2);
    await log.ensureTopic('profiles', 3);
    await log.close();
    await new FolderCheckpointStore(`${dir}/checkpoints`).publish(tinyCheckpointFiles());
    const ended = await runService({ DIR: dir, PORT: '0', ENGINE: 'wasm' });
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain('has 2 partitions and \\"profiles\\" 3');
    expect(ended.stderr).not.toContain('    at ');
  });

  it('says in one line that its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const ended = await runService({ DIR: temporaryFolder(), PORT: String(port), ENGINE: 'wasm', LOG_LEVEL: 'error' });
    other.close();
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain(`could not start: listen EADDRINUSE: address already in use 127.0.0.1:${port}`);
    expect(ended.stderr).not.toContain('    at ');
  });
});
