import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../builders/folder.js';
import { answers } from './answers.js';
import { type RedisOptions, startRedis } from './redis-server.js';

async function server(options?: RedisOptions) {
  const redis = await startRedis(options);
  onTestFinished(() => redis.stop());
  return redis;
}

/** One conversation on a connection of its own. */
async function ask<T>(
  url: string,
  talk: (client: Redis) => Promise<T>,
  options: { tls?: { ca: Buffer } } = {},
): Promise<T> {
  const client = new Redis(url, options);
  try {
    return await talk(client);
  } finally {
    client.disconnect();
  }
}

describe('a local Redis', () => {
  it('never evicts, and a kill loses all that is not written down', async () => {
    const redis = await server();
    const policy = await ask(redis.url, (client) => client.config('GET', 'maxmemory-policy'));
    expect(policy).toEqual(['maxmemory-policy', 'noeviction']);
    await ask(redis.url, (client) => client.set('key', 'lost'));
    await redis.kill();
    await redis.start();
    expect(await ask(redis.url, (client) => client.get('key'))).toBeNull();
  });

  it('keeps port and data through kills where its configuration says so, until they are wiped', async () => {
    const redis = await server({ config: ['appendonly yes', 'appendfsync always'] });
    await ask(redis.url, (client) => client.set('key', 'kept'));
    await redis.kill();
    await redis.start();
    expect(await ask(redis.url, (client) => client.get('key'))).toBe('kept');
    await redis.kill();
    await redis.wipe();
    await redis.start();
    expect(await ask(redis.url, (client) => client.get('key'))).toBeNull();
  });

  it('answers nobody while it is paused, and goes on', async () => {
    const redis = await server();
    await ask(redis.url, async (client) => {
      await client.set('key', 'there');
      redis.pause();
      const answer = client.get('key');
      const bytes = Buffer.from('PING\r\n');
      expect(await answers({ port: redis.port, bytes, good: () => true })).toBe(false);
      redis.resume();
      expect(await answer).toBe('there');
    });
  });

  it('serves TLS with the given certificate', async () => {
    const folder = temporaryFolder();
    const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => path.join(folder, name)) as [
      string,
      string,
    ];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost'];
    const names = ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
    execFileSync('openssl', [...request, ...names, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    const redis = await server({ tls: { certificate, key, authority: certificate } });
    expect(redis.url).toMatch(/^rediss:/);
    const tls = { ca: readFileSync(certificate) };
    expect(await ask(redis.url, (client) => client.ping(), { tls })).toBe('PONG');
  });

  it('runs as a Sentinel and as a node of a cluster', async () => {
    const master = await server();
    const sentinel = await server({ sentinel: true, config: [`sentinel monitor main 127.0.0.1 ${master.port} 1`] });
    const found = await ask(sentinel.url, (client) => client.call('SENTINEL', 'get-master-addr-by-name', 'main'));
    expect(found).toEqual(['127.0.0.1', String(master.port)]);
    const node = await server({ config: ['cluster-enabled yes'] });
    expect(await ask(node.url, (client) => client.call('CLUSTER', 'INFO'))).toContain('cluster_state:fail');
  });
});
