/** A Redis server as a local process. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { answers } from './answers.js';
import { LocalServer, serverFolder } from './local-server.js';
import { freePort } from './ports.js';
import { redisCommand } from './redis-files.js';

const CONFIGURATION = 'redis.conf';

export interface RedisOptions {
  /** Where its data lie; not removed by stop(). A temporary folder where none is given. */
  readonly folder?: string;
  readonly port?: number;
  /** Lines of redis.conf, such as `appendonly yes` or `cluster-enabled yes`; they win over the defaults below. */
  readonly config?: readonly string[];
  /** Serves TLS on its port, with these PEM files. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly authority: string };
  /** Runs as a Sentinel; `sentinel monitor ...` is a line of config. */
  readonly sentinel?: boolean;
}

export interface RedisServer extends LocalServer {
  /** `redis://127.0.0.1:port`, or `rediss:` with TLS. */
  readonly url: string;
  readonly port: number;
  /** Removes all data of a server that was killed: it starts again empty. */
  wipe(): Promise<void>;
}

/**
 * Starts an empty server that never evicts (the default) and keeps nothing on disk: a kill loses all, unless config says
 * `appendonly yes` (and `appendfsync always`). Whoever starts it ends it with stop().
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const { tls, sentinel = false } = options;
  const command = await redisCommand();
  const { folder, temporary } = serverFolder('redis', options.folder);
  const port = options.port ?? (await freePort());
  const file = path.join(folder, CONFIGURATION);
  await mkdir(folder, { recursive: true });
  // Sentinel writes what it learned into the file: what is there is left alone.
  if (!existsSync(file)) await writeFile(file, `${configuration(folder, port, options).join('\n')}\n`);
  const server = await LocalServer.started({
    name: sentinel ? 'Redis Sentinel' : 'Redis',
    folder,
    temporary,
    command: [command, file, ...(sentinel ? ['--sentinel'] : [])],
    answers: () => answers({ port, bytes: PING, tls: tls !== undefined, good: isServing }),
  });
  const wipe = async (): Promise<void> => {
    const kept = [CONFIGURATION, 'server.log'];
    const names = (await readdir(folder)).filter((name) => !kept.includes(name));
    for (const name of names) await rm(path.join(folder, name), { recursive: true });
  };
  return Object.assign(server, { url: `${tls ? 'rediss' : 'redis'}://127.0.0.1:${port}`, port, wipe });
}

const PING = Buffer.from('PING\r\n');

/** An error such as NOAUTH is an answer too; LOADING is not. */
const isServing = (answer: Buffer): boolean => !answer.toString('latin1').startsWith('-LOADING');

function configuration(folder: string, port: number, { config = [], tls }: RedisOptions): string[] {
  const encrypted = tls && [
    'port 0',
    `tls-port ${port}`,
    `tls-cert-file "${tls.certificate}"`,
    `tls-key-file "${tls.key}"`,
    `tls-ca-cert-file "${tls.authority}"`,
    'tls-auth-clients no',
  ];
  return [
    ...(encrypted ?? [`port ${port}`]),
    'bind 127.0.0.1',
    `dir "${folder}"`,
    'daemonize no',
    'save ""',
    'appendonly no',
    ...config,
  ];
}
