/** The processor on records whose schemas are in a real registry. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { registryFormat } from '../../src/adapters/registry/registry-format.js';
import { frameOf, framedSchemaId } from '../../src/events/confluent-framing.js';
import type { ContractName } from '../../src/events/contracts.js';
import { SINGLE_OBJECT, type WireFormat } from '../../src/events/wire-format.js';
import { SILENT } from '../../src/ops/logger.js';
import type { Log, OutgoingRecord } from '../../src/ports/log.js';
import { catalogueItem, interaction, profileEvent } from '../builders/events.js';
import { recordsOf } from '../builders/outcome.js';
import { openProcessor } from '../builders/running.js';
import { TEST_SETTINGS } from '../builders/stream.js';
import { uniqueName, useRegistry } from '../services/use.js';

const url = await useRegistry();
const { topics } = TEST_SETTINGS;
const ONE = { partitions: 1 };

/** The registry is shared, the topics of the builders are not: subjects of this run alone. */
function open(run: string, address = url): WireFormat {
  const format = registryFormat({ urls: [address], write: 'confluent', register: true });
  return {
    prepare: (records) => format.prepare(records),
    encoder: (contract, topic) => format.encoder(contract, `${run}-${topic}`),
  };
}

function record(key: string, topic: string, value: Buffer): OutgoingRecord {
  return { topic, key: Buffer.from(key), value };
}

async function viewBy(wire: WireFormat, userId: string): Promise<OutgoingRecord> {
  const encoder = await wire.encoder('interaction', topics.interactions);
  return record(userId, topics.interactions, encoder.encode(interaction({ userId, itemId: 'film' })));
}

async function read(log: Log, wire: WireFormat, topic: string, contract: ContractName): Promise<unknown[]> {
  const records = await recordsOf(log, topic);
  const decoder = (await wire.prepare(records))(contract);
  return records.map(({ value }) => decoder.decode(value ?? Buffer.alloc(0)));
}

it('answers both framings in the one of the registry, and keeps the bytes that name no schema', async () => {
  const wire = open(uniqueName('stream'));
  const { log, start, send } = await openProcessor(['ann'], { wire }, ONE);
  const items = await wire.encoder('catalogue-item', topics.catalogue);
  await log.append([record('film', topics.catalogue, items.encode(catalogueItem({ itemId: 'film' })))]);
  await start();
  const profiles = await wire.encoder('profile-event', topics.profiles);
  const gains = { 'genre/a': 0.5 };
  const unknown = Buffer.concat([frameOf(2 ** 31 - 1), Buffer.from('whatever')]);
  await send(
    await viewBy(wire, 'ann'),
    await viewBy(SINGLE_OBJECT, 'ann'),
    record('ann', topics.interactions, unknown),
    record('ann', topics.profiles, profiles.encode(profileEvent({ userId: 'ann', gains }))),
  );
  const lists = await recordsOf(log, topics.recommendations);
  expect(lists.map(({ value }) => framedSchemaId(value))).not.toContain(undefined);
  const film = { itemId: 'film' };
  expect(await read(log, wire, topics.recommendations, 'recommendation-list')).toMatchObject([
    { ok: true, value: { reason: { trigger: 'interaction' }, items: [film] } },
    { ok: true, value: { reason: { trigger: 'interaction' }, items: [film, film] } },
    { ok: true, value: { reason: { trigger: 'profile' }, items: [film, film] } },
  ]);
  expect(await read(log, wire, topics.deadLetters, 'dead-letter')).toMatchObject([
    { ok: true, value: { reason: 'unknown-schema', value: unknown } },
  ]);
});

it('waits while the registry is away, and calls no record dead for that', async () => {
  const run = uniqueName('stream');
  const proxy = await registryThatCanBeAway();
  const paused = Promise.withResolvers<unknown>();
  const logger = {
    ...SILENT,
    warn: (message: string, fields?: object) => {
      if (message === 'task paused') paused.resolve(fields);
    },
  };
  const wire = open(run, proxy.url);
  const { log, start, caughtUp } = await openProcessor(['ann'], { wire, logger }, ONE);
  await start();
  proxy.isAway = true;
  // The service has not seen this schema yet.
  await log.append([await viewBy(open(run), 'ann')]);
  expect(String(((await paused.promise) as { error: Error }).error)).toContain(
    'the schema registry cannot be asked for',
  );
  expect(await recordsOf(log, topics.recommendations)).toEqual([]);
  const done = caughtUp();
  proxy.isAway = false;
  await done;
  expect(await recordsOf(log, topics.recommendations)).toHaveLength(1);
  expect(await recordsOf(log, topics.deadLetters)).toEqual([]);
});

/** Stands before the registry; while away, it hangs up on whoever asks. */
async function registryThatCanBeAway() {
  const proxy = { url: '', isAway: false };
  const server = createServer((incoming, outgoing) => {
    if (proxy.isAway) {
      incoming.socket.destroy();
      return;
    }
    const { method, headers } = incoming;
    const onward = request(`${new URL(url).origin}${incoming.url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${new URL(url).pathname}`;
  return proxy;
}
