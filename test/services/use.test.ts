import { connect } from 'node:net';
import { once } from 'node:events';
import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { startCoordinator } from './coordinator.js';
import type { Kind } from './kinds.js';
import { askFor, uniqueName, useKafka, useRedis, useRegistry } from './use.js';

const [brokers, redis, registry] = await Promise.all([useKafka(), useRedis(), useRegistry()]);

describe('the servers of a run', () => {
  it('are one for all who ask', async () => {
    expect(await useKafka()).toBe(brokers);
    expect(await useRedis()).toBe(redis);
    expect(await useRegistry()).toBe(registry);
  });

  it('are a Kafka where everyone makes topics of their own', async () => {
    const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const topics = [uniqueName('interactions'), uniqueName('interactions')];
    for (const topic of topics) expect(await admin.createTopics({ topics: [{ topic }] })).toBe(true);
    expect(await admin.listTopics()).toEqual(expect.arrayContaining(topics));
    await admin.deleteTopics({ topics });
    await admin.disconnect();
  });

  it('are a Redis', async () => {
    const { hostname, port } = new URL(redis);
    const socket = connect(Number(port), hostname);
    socket.write('PING\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toBe('+PONG\r\n');
  });

  it('are a registry with Confluent’s interface', async () => {
    const subject = uniqueName('subject');
    const response = await fetch(`${registry}/subjects/${subject}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema: '"string"' }),
    });
    expect(await response.json()).toEqual({ id: expect.any(Number) as number });
  });
});

describe('the coordinator', () => {
  const started: Kind[] = [];
  const stopped: Kind[] = [];
  const source = async (kind: Kind) => {
    started.push(kind);
    if (kind === 'registry') throw new Error('no registry:\n  get one');
    return { address: `${kind}:1`, from: 'process' as const, stop: async () => void stopped.push(kind) };
  };

  it('starts a server when the first one asks, once, and ends it at the end', async () => {
    const { url, close } = await startCoordinator(source);
    expect(started).toEqual([]);
    const asked = await Promise.all([askFor('kafka', url), askFor('kafka', url), askFor('kafka', url)]);
    expect(asked).toEqual(['kafka:1', 'kafka:1', 'kafka:1']);
    await expect(askFor('registry', url)).rejects.toThrow('no registry:\n  get one');
    expect(started).toEqual(['kafka', 'registry']);
    expect(stopped).toEqual([]);
    await close();
    expect(stopped).toEqual(['kafka']);
  });
});
