/** What the Redis state store does when nodes of a Cluster fail, or slots move between them. */
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { OutcomeUnknown, Unavailable } from '../../src/ports/errors.js';
import { type RedisCluster, startRedisCluster } from '../builders/redis-cluster.js';
import {
  bareClient,
  heldBack,
  LAYOUT,
  NAMESPACE,
  ONE,
  onceAvailable,
  openStore,
  writing,
  ZERO,
} from '../builders/redis-store.js';

const DONE = { ok: true, value: undefined };
/** Their tags lie in slots of different nodes, as a test checks. */
const TASKS = [0, 1, 2].map((partition) => ({ partition }));
const [FIRST, SECOND, THIRD] = TASKS as [{ partition: number }, { partition: number }, { partition: number }];

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster(3);
});
afterAll(() => cluster.stop());

/** The node that holds the task's keys. */
async function nodeOf(task: { partition: number }) {
  const client = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })));
  onTestFinished(() => {
    client.disconnect();
  });
  const slot = await client.cluster('KEYSLOT', `{${NAMESPACE}:${task.partition}}`);
  const range = (await client.cluster('SLOTS')).find(([from, to]) => from <= slot && slot <= to);
  const [, port, id] = range?.[2] ?? [];
  const server = cluster.nodes.find((node) => node.port === port);
  if (server === undefined || id === undefined) throw new Error(`no node has slot ${slot}`);
  return { server, slot, id, client: bareClient(server.port) };
}

describe('a Redis Cluster', () => {
  it('holds the tasks on different nodes, each whole on one', async () => {
    const nodes = await Promise.all(TASKS.map(nodeOf));
    expect(new Set(nodes.map(({ server }) => server.port)).size).toBeGreaterThan(1);
  });

  it('is sent no write twice: one whose connection broke is not sent again', async () => {
    const store = openStore(cluster.url);
    await store.claim(FIRST, 'token', LAYOUT);
    const { client } = await nodeOf(FIRST);
    const { outcome } = await heldBack(client, () => store.write(FIRST, 'token', writing()));
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await expect(outcome).rejects.toThrow(OutcomeUnknown);
    await client.call('CLIENT', 'UNPAUSE');
    expect(await onceAvailable(() => store.marker(FIRST, 'token'))).toEqual(DONE);
  });

  it('whose nodes forgot the scripts is told them again', async () => {
    const store = openStore(cluster.url);
    await store.claim(SECOND, 'token', LAYOUT);
    await store.marker(SECOND, 'token');
    for (const { port } of cluster.nodes) await bareClient(port).script('FLUSH');
    expect(await store.marker(SECOND, 'token')).toEqual(DONE);
  });

  it('that moves a slot is unavailable while its keys are apart, and found again where they went', async () => {
    const store = openStore(cluster.url);
    await store.claim(THIRD, 'token', LAYOUT);
    await store.write(THIRD, 'token', writing());
    const source = await nodeOf(THIRD);
    const target = cluster.nodes.find(({ port }) => port !== source.server.port);
    if (target === undefined) throw new Error('a Cluster of one node');
    const toTarget = bareClient(target.port);
    const targetId = await toTarget.cluster('MYID');
    await toTarget.call('CLUSTER', 'SETSLOT', source.slot, 'IMPORTING', source.id);
    await source.client.call('CLUSTER', 'SETSLOT', source.slot, 'MIGRATING', targetId);
    const user = `{${NAMESPACE}:${THIRD.partition}}:u:ann`;
    await source.client.migrate('127.0.0.1', target.port, user, 0, 5000);
    await expect(store.read(THIRD, 'token', ONE, ['ann'])).rejects.toThrow(Unavailable);
    const to = { interactions: 2, profiles: 2 };
    await expect(store.write(THIRD, 'token', writing({ from: ONE, to }))).rejects.toThrow(Unavailable);
    const rest = (await source.client.call('CLUSTER', 'GETKEYSINSLOT', source.slot, 100)) as string[];
    for (const key of rest) await source.client.migrate('127.0.0.1', target.port, key, 0, 5000);
    for (const client of [toTarget, source.client]) {
      await client.call('CLUSTER', 'SETSLOT', source.slot, 'NODE', targetId);
    }
    expect(await onceAvailable(() => store.write(THIRD, 'token', writing({ from: ONE, to })))).toEqual(DONE);
    expect(await store.peekMarker(THIRD)).toEqual(to);
  });

  it('that lost a node stops its tasks until it is back, without their data', async () => {
    const store = openStore(cluster.url);
    const { server } = await nodeOf(FIRST);
    const nodes = await Promise.all(TASKS.map(nodeOf));
    const other = TASKS[nodes.findIndex((node) => node.server.port !== server.port)];
    if (other === undefined) throw new Error('all tasks are on one node');
    for (const task of [FIRST, other]) await store.claim(task, 'token', LAYOUT);
    await server.kill();
    await expect(store.read(FIRST, 'token', ZERO, ['ann'])).rejects.toThrow(Unavailable);
    await server.start();
    expect(await onceAvailable(() => store.marker(FIRST, 'token'))).toEqual({ ok: false, refused: 'token' });
    expect(await onceAvailable(() => store.marker(other, 'token'))).toMatchObject({ ok: true });
  });
});
