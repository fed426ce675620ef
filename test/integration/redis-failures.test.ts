/** What the Redis state store does when one server fails it. */
import { describe, expect, it } from 'vitest';
import { OutcomeUnknown, TaskStopped, Unavailable } from '../../src/ports/errors.js';
import { holdableConnectionTo } from '../builders/held-connection.js';
import {
  bareClient,
  heldBack,
  LAYOUT,
  NAMESPACE,
  ONE,
  onceAvailable,
  openStore,
  redisForTest,
  TASK,
  writing,
  ZERO,
} from '../builders/redis-store.js';
import { stateWith } from '../builders/state.js';
import { freePort } from '../services/ports.js';

const REFUSED = { ok: false, refused: 'token' };
const DONE = { ok: true, value: undefined };

describe('a Redis that fails', () => {
  it('refuses an owner after it lost its data', async () => {
    const server = await redisForTest();
    const store = openStore(server.url);
    await store.claim(TASK, 'token', LAYOUT);
    await store.write(TASK, 'token', writing());
    await server.kill();
    await expect(store.marker(TASK, 'token')).rejects.toThrow(Unavailable);
    await server.start();
    expect(await onceAvailable(() => store.marker(TASK, 'token'))).toEqual(REFUSED);
    expect(await store.read(TASK, 'token', ONE, ['ann'])).toEqual(REFUSED);
    expect(await store.write(TASK, 'token', writing({ from: ONE }))).toEqual(REFUSED);
    expect(await store.layout()).toBeUndefined();
    await store.claim(TASK, 'token', LAYOUT);
    expect(await store.write(TASK, 'token', writing())).toEqual(DONE);
  });

  it('that hangs leaves the outcome of a write unknown, and of a read nothing', async () => {
    const server = await redisForTest();
    const store = openStore(server.url, { timeoutMs: 2000 });
    await store.claim(TASK, 'token', LAYOUT);
    server.pause();
    const write = expect(store.write(TASK, 'token', writing())).rejects.toThrow(OutcomeUnknown);
    const read = expect(store.read(TASK, 'token', ZERO, ['ann'])).rejects.toThrow(Unavailable);
    await Promise.all([write, read]);
    server.resume();
    await onceAvailable(() => store.claim(TASK, 'newer', LAYOUT));
    // The write was on its way before the claim: whether it counts is for the new owner to read.
    const marker = await store.marker(TASK, 'newer');
    const state = await store.peek(TASK, 'ann');
    expect([undefined, ONE]).toContainEqual(marker.ok ? marker.value : 'refused');
    expect(state === undefined).toBe(marker.ok && marker.value === undefined);
  });

  it('refuses a write that arrives after a newer claim', async () => {
    const server = await redisForTest();
    const way = await holdableConnectionTo(server.port);
    const store = openStore(`redis://127.0.0.1:${way.port}`, { timeoutMs: 2000 });
    await store.claim(TASK, 'older', LAYOUT);
    const arrived = way.hold();
    await expect(store.write(TASK, 'older', writing())).rejects.toThrow(OutcomeUnknown);
    await arrived;
    const newer = openStore(server.url);
    await newer.claim(TASK, 'newer', LAYOUT);
    expect(await way.release()).toContain('token');
    expect(await newer.marker(TASK, 'newer')).toEqual(DONE);
    expect(await newer.peek(TASK, 'ann')).toBeUndefined();
  });

  it('is sent no write twice: one whose connection broke is not sent again', async () => {
    const server = await redisForTest();
    const store = openStore(server.url);
    await store.claim(TASK, 'token', LAYOUT);
    const client = bareClient(server.port);
    const { outcome } = await heldBack(client, () => store.write(TASK, 'token', writing()));
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await expect(outcome).rejects.toThrow(OutcomeUnknown);
    await client.call('CLIENT', 'UNPAUSE');
    expect(await onceAvailable(() => store.marker(TASK, 'token'))).toEqual(DONE);
  });

  it('that nobody started is unavailable, and says so at once', async () => {
    const store = openStore(`redis://127.0.0.1:${await freePort()}`, { timeoutMs: 20_000 });
    await expect(store.layout()).rejects.toThrow(/cannot be reached.*ECONNREFUSED/);
    await expect(store.claim(TASK, 'token', LAYOUT)).rejects.toThrow(Unavailable);
  });

  it.each([
    ['memory', ['maxmemory 1mb'], /has no memory left: raise its maxmemory/],
    ['replicas', ['min-replicas-to-write 1'], /too few of its replicas/],
  ])('without enough %s refuses whole writes, and says what to do', async (_, config, message) => {
    const server = await redisForTest();
    const store = openStore(server.url);
    await store.claim(TASK, 'token', LAYOUT);
    await store.write(TASK, 'token', writing({ expiries: new Map([['ann', 5]]) }));
    const client = bareClient(server.port);
    const [name = '', value = ''] = (config[0] ?? '').split(' ');
    await client.config('SET', name, value);
    // Redis would allow the removal from `due`, and refuse the rest.
    const to = { interactions: 2, profiles: 2 };
    const next = { from: ONE, to, states: [stateWith('ann', ['b'])], expiries: new Map([['ann', null]]) };
    const write = store.write(TASK, 'token', next);
    await expect(write).rejects.toThrow(Unavailable);
    await expect(write).rejects.toThrow(message);
    await client.config('SET', name, '0');
    expect(await store.marker(TASK, 'token')).toEqual({ ok: true, value: ONE });
    expect(await store.peek(TASK, 'ann')).toEqual(stateWith('ann', ['a']));
    expect(await store.due(TASK, 'token', 10, 10)).toMatchObject({ ok: true, value: [{ userId: 'ann' }] });
    expect(await store.write(TASK, 'token', next)).toEqual(DONE);
  });

  it('that became a replica is unavailable until it is a master again', async () => {
    const server = await redisForTest();
    const store = openStore(server.url);
    await store.claim(TASK, 'token', LAYOUT);
    const client = bareClient(server.port);
    await client.replicaof('127.0.0.1', await freePort());
    await expect(store.write(TASK, 'token', writing())).rejects.toThrow(/is a replica/);
    await client.replicaof('NO', 'ONE');
    expect(await onceAvailable(() => store.write(TASK, 'token', writing()))).toEqual(DONE);
  });

  it('that forgot the scripts is told them again', async () => {
    const server = await redisForTest();
    const store = openStore(server.url);
    await store.claim(TASK, 'token', LAYOUT);
    await store.marker(TASK, 'token');
    await bareClient(server.port).script('FLUSH');
    expect(await store.marker(TASK, 'token')).toEqual(DONE);
  });
});

describe('a store in Redis', () => {
  it('stops a task where states may be evicted', async () => {
    const server = await redisForTest({ config: ['maxmemory-policy allkeys-lru'] });
    const store = openStore(server.url);
    const claim = store.claim(TASK, 'token', LAYOUT);
    await expect(claim).rejects.toThrow(TaskStopped);
    await expect(claim).rejects.toThrow(/allkeys-lru/);
    await expect(claim).rejects.toMatchObject({ reason: 'store-may-evict' });
    expect(await store.layout()).toBeUndefined();
  });

  it('stops a task whose states were made under another layout than the store has now', async () => {
    const server = await redisForTest();
    const store = openStore(server.url);
    await store.claim(TASK, 'token', LAYOUT);
    await bareClient(server.port).del(`{${NAMESPACE}}:layout`);
    const other = { ...LAYOUT, partitions: 8 };
    await expect(store.claim(TASK, 'newer', other)).rejects.toMatchObject({ reason: 'partitions-changed' });
    expect(await store.marker(TASK, 'token')).toEqual(DONE);
  });
});
