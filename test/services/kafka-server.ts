/** A Kafka broker (KRaft, one node) as a local process. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { answers } from './answers.js';
import { type Java, kafkaJava } from './kafka-files.js';
import { listenerProperties, TEST_BROKER } from './kafka-properties.js';
import { LocalServer, serverFolder } from './local-server.js';
import { freePort } from './ports.js';

const run = promisify(execFile);

const CLUSTER_ID = 'c3RlZXJzdHJlYW0tdGVzdA';
/** Length, ApiVersions, version 0, correlation id 1, no client id: the one request that needs nothing. */
const API_VERSIONS = Buffer.from('0000000a0012000000000001ffff', 'hex');

export interface KafkaOptions {
  /** Where its data lie; not removed by stop(). A temporary folder where none is given. */
  readonly folder?: string;
  readonly port?: number;
  /** Listeners beside the plain one: name -> protocol (`SASL_PLAINTEXT`, `SSL`, `SASL_SSL`). */
  readonly listeners?: Readonly<Record<string, string>>;
  /** SCRAM credentials, for SHA-256 and SHA-512: user -> password. */
  readonly scram?: Readonly<Record<string, string>>;
  /** More server properties; they win. */
  readonly properties?: Readonly<Record<string, string>>;
  /** More options of Java, such as `-Dname=value`. */
  readonly java?: readonly string[];
}

export interface KafkaServer extends LocalServer {
  /** `host:port` of the plain listener. */
  readonly brokers: string;
  /** `host:port` of the listeners of the options, by name. */
  readonly listeners: Readonly<Record<string, string>>;
}

/** Starts a broker without topics; they are not made by themselves. Whoever starts it ends it with stop(). */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaServer> {
  return started(options, await kafkaJava(recordClasses));
}

/** A broker's whole life, for the archive of the classes that it loads. */
async function recordClasses(java: Java): Promise<void> {
  const server = await started({}, java);
  await server.kill('SIGTERM');
  await server.stop();
}

async function started(options: KafkaOptions, java: Java): Promise<KafkaServer> {
  const { folder, temporary } = serverFolder('kafka', options.folder);
  const listener = async (name: string, protocol: string, given?: number) => {
    const address = `127.0.0.1:${given ?? (await freePort())}`;
    return { name, protocol, address, advertised: address };
  };
  const extra = Object.entries(options.listeners ?? {}).map(([name, protocol]) => listener(name, protocol));
  const port = options.port ?? (await freePort());
  const clients = await Promise.all([listener('PLAINTEXT', 'PLAINTEXT', port), ...extra]);
  const properties = {
    ...listenerProperties(clients, `127.0.0.1:${await freePort()}`, 'PLAINTEXT'),
    ...TEST_BROKER,
    'log.dirs': path.join(folder, 'data'),
    ...options.properties,
  };

  const file = path.join(folder, 'server.properties');
  await mkdir(folder, { recursive: true });
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(file, lines.join(''));
  if (!existsSync(path.join(folder, 'data', 'meta.properties'))) await format(java, file, options.scram ?? {});

  const server = await LocalServer.started({
    name: 'Kafka',
    folder,
    temporary,
    command: [...java, ...(options.java ?? []), 'kafka.Kafka', file],
    answers: () => answers({ port, bytes: API_VERSIONS, good: (answer) => answer.length > 0 }),
  });
  const listeners = Object.fromEntries(clients.slice(1).map(({ name, address }) => [name, address]));
  return Object.assign(server, { brokers: `127.0.0.1:${port}`, listeners });
}

async function format([command, ...args]: Java, file: string, scram: Readonly<Record<string, string>>): Promise<void> {
  const credentials = Object.entries(scram).flatMap(([name, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${password}]`,
    ]),
  );
  const tool = ['kafka.tools.StorageTool', 'format', '--cluster-id', CLUSTER_ID, '--config', file, ...credentials];
  await run(command, [...args, ...tool]);
}
