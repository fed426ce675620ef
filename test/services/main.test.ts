import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useKafka } from './use.js';

const MAIN = path.resolve('dist/test/services/main.js');
const brokers = await useKafka();

interface Session {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** Exit status, once it is over. */
  readonly ended: Promise<number | null>;
  /** What it prints, line by line. */
  readonly lines: string[];
  readonly stderr: () => string;
}

/** The compiled `npm run services` with the run's own Kafka: only Redis is started. */
function session(args: readonly string[] = []): Session {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run \`npm run build\` first`);
  const env = { ...process.env, STEERSTREAM_TEST_KAFKA: brokers };
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  const ended = once(child, 'close').then(([status]) => status as number | null);
  return { process: child, ended, lines, stderr: () => stderr };
}

/** The port of the Redis that a session printed. */
async function redisPort({ lines, process: child }: Session): Promise<number> {
  while (lines.length < 4) await once(child.stdout, 'data');
  expect(lines[0]).toBe(`export STEERSTREAM_TEST_KAFKA=${brokers}`);
  return Number(/^export STEERSTREAM_TEST_REDIS=redis:\/\/127\.0\.0\.1:(\d+)$/.exec(lines[2]!)?.[1]);
}

/** However it ends: a server that is killed may reset its connections. */
function closeOf(connection: Socket): Promise<void> {
  return new Promise((resolve) => connection.on('error', () => undefined).on('close', () => resolve()));
}

describe('npm run services', () => {
  it('prints addresses to export, beside another one, and ends its servers at Ctrl-C', async () => {
    const sessions = [session(), session()];
    const [port, other] = await Promise.all(sessions.map(redisPort));
    expect(port).not.toBe(other);
    const connection = connect(port!, '127.0.0.1').resume();
    await once(connection, 'connect');
    const closed = closeOf(connection);
    sessions[0]!.process.kill('SIGINT');
    await closed;
    expect(await sessions[0]!.ended).toBe(0);
    const survivor = connect(other!, '127.0.0.1');
    await once(survivor, 'connect');
    survivor.destroy();
    sessions[1]!.process.kill('SIGTERM');
    expect(await sessions[1]!.ended).toBe(0);
  });

  it('leaves nothing behind when it is killed', async () => {
    const one = session();
    const connection = connect(await redisPort(one), '127.0.0.1').resume();
    await once(connection, 'connect');
    const closed = closeOf(connection);
    one.process.kill('SIGKILL');
    await closed;
  });

  it('says what it does not know, and explains itself', async () => {
    const wrong = session(['--regsitry']);
    expect(await wrong.ended).toBe(2);
    expect(wrong.stderr()).toBe('services: unknown option --regsitry: there are --registry and --s3\n');
    const help = session(['--help']);
    expect(await help.ended).toBe(0);
    expect(help.lines[0]).toBe('npm run services [-- --registry] [--s3]');
  });
});
