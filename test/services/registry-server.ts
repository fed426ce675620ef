/** A schema registry (Apicurio, with Confluent's API) as a local process. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { answers } from './answers.js';
import { cached } from './cache.js';
import { LocalServer, serverFolder } from './local-server.js';
import { fetchFile, javaBuild } from './maven.js';
import { freePort } from './ports.js';

const run = promisify(execFile);

/** The last version that runs on Java 17. */
const VERSION = '3.0.9';
const CONFLUENT_API = '/apis/ccompat/v7';

export interface RegistryServer extends LocalServer {
  /** The base of its Confluent-compatible API. */
  readonly url: string;
}

/** Starts an empty registry, in memory: a kill loses all. Whoever starts it ends it with stop(). */
export async function startRegistry(options: { readonly port?: number } = {}): Promise<RegistryServer> {
  await javaBuild();
  const files = await cached(`apicurio-${VERSION}`, unpack);
  const port = options.port ?? (await freePort());
  const { folder, temporary } = serverFolder('registry', undefined);
  const server = await LocalServer.started({
    name: 'the schema registry',
    folder,
    temporary,
    command: [
      'java',
      ...['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
      ...['-Dquarkus.http.host=127.0.0.1', `-Dquarkus.http.port=${port}`, '-Dquarkus.log.level=WARN'],
      ...['-jar', `apicurio-registry-app-${VERSION}-runner.jar`],
    ],
    // It looks for its libraries there.
    cwd: files,
    answers: () =>
      answers({ port, bytes: SUBJECTS, good: (answer) => answer.toString('latin1').startsWith('HTTP/1.1 200') }),
  });
  return Object.assign(server, { url: `http://127.0.0.1:${port}${CONFLUENT_API}` });
}

const SUBJECTS = Buffer.from(`GET ${CONFLUENT_API}/subjects HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);

async function unpack(folder: string): Promise<void> {
  await fetchFile(`io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`, folder);
  const archive = path.join(folder, `apicurio-registry-app-${VERSION}-all.tar.gz`);
  await run('tar', ['-xzf', archive, '-C', folder]);
  await rm(archive);
}
