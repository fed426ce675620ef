/** How the client takes what a network and a server can do to it; a real registry is in test/contracts. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../test/builders/folder.js';
import { Unavailable } from '../../ports/errors.js';
import type { RegistryOptions } from './options.js';
import { RegistryRefused } from './refused.js';
import { RegistryClient } from './registry-client.js';

const SCHEMA = { schema: '"string"' };

/** A server that answers as told, and its address. */
async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answering =
  (status: number, body: unknown): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

/** An address where nobody listens. */
async function deadAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

function client(urls: readonly string[], more: Partial<RegistryOptions> = {}): RegistryClient {
  return new RegistryClient({ urls, write: 'confluent', register: true, timeoutMs: 2000, ...more });
}

describe('asking for a schema', () => {
  it('finds it, or that there is none', async () => {
    const url = await serve((request, response) => {
      const known = request.url === '/base/schemas/ids/1';
      answering(known ? 200 : 404, known ? SCHEMA : { error_code: 40403, message: 'Schema 2 not found' })(
        request,
        response,
      );
    });
    const registry = client([`${url}/base/`]);
    expect(await registry.schema(1)).toEqual({ schema: '"string"', schemaType: 'AVRO', references: [] });
    expect(await registry.schema(2)).toBeUndefined();
  });

  it.each([
    ['a fault', answering(500, { message: 'the store is gone' }), 'the store is gone'],
    ['a page of a proxy', answering(404, '<html>not here</html>'), 'schema 1'],
    ['a path of something else', answering(404, { error_code: 404, message: 'HTTP 404 Not Found' }), 'HTTP 404'],
    ['something that is no registry', answering(200, { hello: 'world' }), 'is no schema registry'],
    ['a refusal', answering(401, { message: 'who are you?' }), 'who are you?'],
    ['too many questions', answering(429, { message: 'slowly' }), 'slowly'],
    ['an empty answer', answering(200, ''), 'is no schema registry'],
    ['nothing', answering(500, ''), 'schema 1'],
  ])('takes %s for a registry that is unavailable', async (_, listener, said) => {
    const asked = client([await serve(listener)]).schema(1);
    await expect(asked).rejects.toThrow(Unavailable);
    await expect(asked).rejects.toThrow(said);
  });

  it('says what the network says', async () => {
    await expect(client([await deadAddress()]).schema(1)).rejects.toThrow(
      /^the schema registry cannot be asked for schema 1: connect ECONNREFUSED/,
    );
  });

  it('waits no longer than it may, also for an answer that breaks off', async () => {
    const silent = await serve(() => undefined);
    await expect(client([silent], { timeoutMs: 20 }).schema(1)).rejects.toThrow('no answer within 20 ms');
    const breaking = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
      response.write('{', () => response.destroy());
    });
    await expect(client([breaking], { timeoutMs: 20 }).schema(1)).rejects.toThrow(Unavailable);
  });

  it('asks the next address, and stays with the one that answered', async () => {
    let failures = 0;
    const broken = await serve((request, response) => {
      failures += 1;
      answering(503, { message: 'leader unknown' })(request, response);
    });
    const registry = client([await deadAddress(), broken, await serve(answering(200, SCHEMA))]);
    for (let times = 0; times < 3; times += 1) expect(await registry.schema(1)).toBeDefined();
    expect(failures).toBe(1);
  });
});

describe('who asks', () => {
  const asked = async (auth: NonNullable<RegistryOptions['auth']>): Promise<string | undefined> => {
    const seen = Promise.withResolvers<IncomingMessage>();
    const url = await serve((request, response) => {
      seen.resolve(request);
      answering(200, SCHEMA)(request, response);
    });
    await client([url], { auth }).schema(1);
    return (await seen.promise).headers.authorization;
  };

  it('says its user and password', async () => {
    const basic = `Basic ${Buffer.from('ann:s3cret').toString('base64')}`;
    expect(await asked({ kind: 'basic', username: 'ann', password: 's3cret' })).toBe(basic);
  });

  it('says its token, the one of now', async () => {
    expect(await asked({ kind: 'bearer', token: async () => 'abc' })).toBe('Bearer abc');
  });
});

describe('a registry behind TLS', () => {
  it('is believed with the authority that signed it, and not without', async () => {
    const { key, certificate } = selfSigned();
    const server = createTlsServer({ key, cert: certificate }, answering(200, SCHEMA)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await client([url], { ca: certificate }).schema(1)).toBeDefined();
    await expect(client([url]).schema(1)).rejects.toThrow('self-signed certificate');
  });
});

function selfSigned(): { key: string; certificate: string } {
  const folder = temporaryFolder();
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost'];
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...request, ...names, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  return { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
}

describe('our own schema', () => {
  const told = async (status: number, body: object, register = true): Promise<unknown> =>
    client([await serve(answering(status, body))], { register })
      .idOf('lists-value', 'string')
      .catch((error: unknown) => error);

  it('is posted where it may be registered, else looked up', async () => {
    const asked: string[] = [];
    const url = await serve((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      answering(200, { id: 3 })(request, response);
    });
    expect(await client([url]).idOf('lists-value', 'string')).toBe(3);
    expect(await client([url], { register: false }).idOf('lists-value', 'string')).toBe(3);
    expect(asked).toEqual(['POST /subjects/lists-value/versions', 'POST /subjects/lists-value']);
  });

  it.each([
    [409, true, 'not compatible with those the registry has (it says: no)'],
    [403, true, 'does not let us register'],
    [401, false, 'does not let us look at'],
    [404, false, 'not registered for "lists-value"'],
    [422, true, 'refuses our schema for "lists-value"'],
  ])('refused with %i is for a person', async (status, register, message) => {
    const error = await told(status, { error_code: status * 100 + 1, message: 'no' }, register);
    expect(error).toBeInstanceOf(RegistryRefused);
    expect(String(error)).toContain(message);
  });

  it('is tried again later where the registry is not there', async () => {
    expect(await told(503, { message: 'no leader' })).toBeInstanceOf(Unavailable);
  });
});
