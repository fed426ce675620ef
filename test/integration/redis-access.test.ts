/** Who may use Redis: TLS, users, and what a user must be allowed to do. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Unavailable } from '../../src/ports/errors.js';
import { temporaryFolder } from '../builders/folder.js';
import { LAYOUT, NAMESPACE, ONE, openStore, redisForTest, TASK, writing, ZERO } from '../builders/redis-store.js';

/** As docs/operations.md has it. */
const RIGHTS = rightsInDocs();
const DONE = { ok: true, value: undefined };

describe('a Redis with TLS', () => {
  it('is used when its certificate is of the given authority, and not otherwise', async () => {
    const tls = certificate();
    const server = await redisForTest({ tls });
    const ca = readFileSync(tls.certificate, 'utf8');
    const store = openStore(server.url, { tls: { ca } });
    await store.claim(TASK, 'token', LAYOUT);
    expect(await store.write(TASK, 'token', writing())).toEqual(DONE);
    const distrustful = openStore(server.url);
    await expect(distrustful.layout()).rejects.toThrow(/cannot be reached: self-signed certificate/);
    const misled = openStore(server.url, { tls: { ca, servername: 'redis.example.com' } });
    await expect(misled.layout()).rejects.toThrow(/does not match certificate's altnames/);
  });
});

describe('a Redis with users', () => {
  it('needs no more rights than the operations page grants', async () => {
    const server = await redisForTest({ config: [`user steerstream on >secret ${RIGHTS}`, 'requirepass other'] });
    const store = openStore(server.url.replace('//', '//steerstream:secret@'));
    await store.claim(TASK, 'token', LAYOUT);
    expect(await store.layout()).toEqual(LAYOUT);
    expect(await store.marker(TASK, 'token')).toEqual(DONE);
    expect((await store.read(TASK, 'token', ZERO, ['ann'])).ok).toBe(true);
    expect(await store.write(TASK, 'token', writing({ expiries: new Map([['ann', 5]]) }))).toEqual(DONE);
    expect(await store.due(TASK, 'token', 5, 1)).toMatchObject({ ok: true, value: [{ userId: 'ann' }] });
    const to = { interactions: 2, profiles: 2 };
    const last = writing({ from: ONE, to, expiries: new Map([['ann', null]]) });
    expect(await store.write(TASK, 'token', last)).toEqual(DONE);
    expect(await store.peekMarker(TASK)).toEqual(to);
    expect((await store.peek(TASK, 'ann'))?.userId).toBe('ann');
    expect((await store.scan(TASK, undefined, 10)).states).toHaveLength(1);
  });

  it('is unavailable to one whom it does not know, or who may do too little, and says what is missing', async () => {
    const users = ['zadd', 'set'].map((right) => `user no-${right} on >secret ${RIGHTS.replace(`+${right} `, '')}`);
    const server = await redisForTest({ config: [...users, 'requirepass other'] });
    const as = (account: string): string => server.url.replace('//', `//${account}`);
    for (const account of ['', 'no-set:wrong@', 'nobody:secret@']) {
      const stranger = openStore(as(account)).layout();
      await expect(stranger).rejects.toThrow(Unavailable);
      await expect(stranger).rejects.toThrow(/does not know this user and password/);
    }
    for (const account of ['no-zadd:secret@', 'no-set:secret@']) {
      const store = openStore(as(account));
      await store.claim(TASK, 'token', LAYOUT);
      const write = store.write(TASK, 'token', writing({ expiries: new Map([['ann', 5]]) }));
      await expect(write).rejects.toThrow(/lacks a right/);
      expect(await store.marker(TASK, 'token')).toEqual(DONE);
      expect(await store.peek(TASK, 'ann')).toBeUndefined();
    }
  });

  it('that hides its maxmemory-policy is warned about once', async () => {
    const config = [`user steerstream on >secret ${RIGHTS.replace('+info', '')}`, 'requirepass other'];
    const server = await redisForTest({ config });
    const warnings: string[] = [];
    const nothing = (): undefined => undefined;
    const warn = (message: string): number => warnings.push(message);
    const store = openStore(
      server.url.replace('//', '//steerstream:secret@'),
      {},
      { debug: nothing, info: nothing, warn, error: nothing },
    );
    await store.claim(TASK, 'token', LAYOUT);
    await store.claim({ partition: 2 }, 'token', LAYOUT);
    expect(warnings).toEqual([expect.stringMatching(/maxmemory-policy/)]);
  });
});

/** The rights of the line `ACL SETUSER steerstream ... `, for our namespace. */
function rightsInDocs(): string {
  const page = readFileSync(path.join(import.meta.dirname, '../../docs/operations.md'), 'utf8');
  const rights = /ACL SETUSER steerstream on >PASSWORD (.+)/.exec(page)?.[1];
  if (rights === undefined) throw new Error('docs/operations.md has no ACL SETUSER line');
  return rights.replaceAll('NAMESPACE', NAMESPACE);
}

/** Self-signed, for 127.0.0.1. */
function certificate(): { certificate: string; key: string; authority: string } {
  const folder = temporaryFolder();
  const [key, file] = ['key.pem', 'certificate.pem'].map((name) => path.join(folder, name)) as [string, string];
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=redis'.split(
    ' ',
  );
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...request, ...names, '-keyout', key, '-out', file], { stdio: 'ignore' });
  return { certificate: file, key, authority: file };
}
