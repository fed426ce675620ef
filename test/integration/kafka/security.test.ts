/** Listeners that ask who comes, and ones that are encrypted. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaOptions, KafkaSasl } from '../../../src/adapters/kafka/options.js';
import { Unavailable } from '../../../src/ports/errors.js';
import { type KafkaServer, startKafka } from '../../services/kafka-server.js';
import { later, makeTopics, NEVER, openLog, record, takeOver, uniqueNames, valuesOf } from './logs.js';

const USER = { username: 'ann', password: 'se"cret' };
const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_ann="se\\"cret";';
const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
/** Kafka's own kind for tests: tokens that nobody signed. */
const BEARER =
  'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";';

let folder: string;
let kafka: KafkaServer;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'steerstream-tls-'));
  await makeCertificate();
  const mechanisms = { PLAIN, 'SCRAM-SHA-256': SCRAM, 'SCRAM-SHA-512': SCRAM, OAUTHBEARER: BEARER };
  const jaas = Object.entries(mechanisms).map(([name, login]) => [
    `listener.name.asked.${name.toLowerCase()}.sasl.jaas.config`,
    // As a file of Java properties has it.
    login.replaceAll('\\', '\\\\'),
  ]);
  kafka = await startKafka({
    listeners: { ASKED: 'SASL_PLAINTEXT', TLS: 'SSL', BOTH: 'SASL_SSL' },
    scram: { [USER.username]: 'secret' },
    properties: {
      'sasl.enabled.mechanisms': Object.keys(mechanisms).join(','),
      ...(Object.fromEntries(jaas) as Record<string, string>),
      'listener.name.both.plain.sasl.jaas.config': PLAIN.replaceAll('\\', '\\\\'),
      'listener.name.both.sasl.enabled.mechanisms': 'PLAIN',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': path.join(folder, 'both.pem'),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': path.join(folder, 'cert.pem'),
      'listener.name.tls.ssl.client.auth': 'required',
    },
  });
});
afterAll(async () => {
  await kafka?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** One that signs itself, for the broker and for clients. */
async function makeCertificate(): Promise<void> {
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  await promisify(execFile)('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert]);
  await writeFile(path.join(folder, 'both.pem'), (await readFile(key, 'utf8')) + (await readFile(cert, 'utf8')));
}

/** Everything that opens a connection of its own: admin, producers, readers, membership. */
async function worksOn(listener: string, changes: Partial<KafkaOptions>): Promise<void> {
  const names = uniqueNames();
  const log = openLog(kafka.listeners[listener]!, changes);
  await makeTopics(log, names);
  await log.append([record(names.topics.interactions, 'a')]);
  const listeners = { assigned: () => undefined, revoked: async () => undefined };
  const membership = await log.join(names.group, names.topics, {
    ...listeners,
    paused: async () => undefined,
    resumed: () => undefined,
  });
  await membership.heartbeat();
  const owner = await takeOver(log, names, 'one');
  const from = await owner.settled();
  expect(valuesOf((await owner.poll(from, 10, 10_000, NEVER)).records)).toEqual(['a']);
  await owner.commit([record(names.outputs, 'list')], later(from));
  await log.close();
}

function bearer(subject: string): KafkaSasl {
  const part = (of: object): string => Buffer.from(JSON.stringify(of)).toString('base64url');
  return {
    mechanism: 'oauthbearer',
    token: async () => {
      const now = Math.floor(Date.now() / 1000);
      return `${part({ alg: 'none' })}.${part({ sub: subject, iat: now, exp: now + 3600 })}.`;
    },
  };
}

const GOOD: readonly [string, KafkaSasl][] = [
  ['plain', { mechanism: 'plain', ...USER }],
  ['scram-sha-256', { mechanism: 'scram-sha-256', username: USER.username, password: 'secret' }],
  ['scram-sha-512', { mechanism: 'scram-sha-512', username: USER.username, password: 'secret' }],
  ['oauthbearer', bearer('ann')],
];

const BAD: readonly [string, KafkaSasl][] = [
  ['plain', { mechanism: 'plain', username: 'ann', password: 'wrong' }],
  ['scram-sha-256', { mechanism: 'scram-sha-256', username: 'ann', password: 'wrong' }],
  ['scram-sha-512', { mechanism: 'scram-sha-512', username: 'bob', password: 'secret' }],
  ['oauthbearer', { mechanism: 'oauthbearer', token: async () => 'no.token' }],
];

async function refusal(listener: string, changes: Partial<KafkaOptions>): Promise<string> {
  const failure = await openLog(kafka.listeners[listener]!, changes)
    .extents('t')
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Unavailable);
  return (failure as Error).message;
}

describe('a listener that asks who comes', () => {
  it.each(GOOD)('lets in whoever proves it: %s', async (_, sasl) => {
    await worksOn('ASKED', { sasl });
  });

  it.each(BAD)('turns others away, and the error says why: %s', async (_, sasl) => {
    const message = await refusal('ASKED', { sasl });
    expect(message).toMatch(/^Kafka could not .*authentication failed/i);
    if ('password' in sasl) expect(message).not.toContain(sasl.password);
  });

  it('hears a failure to get a token as such', async () => {
    const token = (): Promise<string> => Promise.reject(new Error('the identity provider is down'));
    expect(await refusal('ASKED', { sasl: { mechanism: 'oauthbearer', token } })).toContain(
      'the identity provider is down',
    );
  });
});

describe('an encrypted listener', () => {
  it('is used with the certificate of its authority, and a client shows its own', async () => {
    const cert = await readFile(path.join(folder, 'cert.pem'), 'utf8');
    const key = await readFile(path.join(folder, 'key.pem'), 'utf8');
    await worksOn('TLS', { tls: { ca: cert, cert, key } });
  });

  it('may ask who comes, too', async () => {
    const ca = await readFile(path.join(folder, 'cert.pem'), 'utf8');
    await worksOn('BOTH', { tls: { ca }, sasl: { mechanism: 'plain', ...USER } });
  });

  it('is not trusted without it', async () => {
    expect(await refusal('BOTH', { tls: {}, sasl: { mechanism: 'plain', ...USER } })).toMatch(
      /self-signed certificate/,
    );
  });
});
