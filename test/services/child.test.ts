import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../builders/folder.js';
import { startChild } from './child.js';
import { startRedis } from './redis-server.js';

const SOURCE = path.join(import.meta.dirname, 'child.ts');

/** A child that listens at a port and says so; it ignores what polite processes obey. */
const SERVER = `for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
  const { renameSync, writeFileSync } = require('node:fs');
  const server = require('node:net').createServer((socket) => socket.resume()).listen(0, '127.0.0.1', () => {
    writeFileSync('port.partial', String(server.address().port));
    renameSync('port.partial', 'port');
  });`;

interface Family {
  readonly parent: ChildProcessByStdio<null, Readable, null>;
  /** Closed by the system when the child is gone. */
  readonly connection: Socket;
  /** The folder that goes when the parent dies. */
  readonly folder: string;
}

/** A process that starts a child with this module, in a process group of its own, as a shell would. */
async function family(): Promise<Family> {
  const folder = path.join(temporaryFolder(), 'data');
  mkdirSync(folder);
  const script = `import { startChild } from ${JSON.stringify(SOURCE)};
    import { existsSync, readFileSync } from 'node:fs';
    const [, folder] = process.argv;
    await startChild({ command: [process.execPath, '--eval', ${JSON.stringify(SERVER)}], cwd: folder,
      log: folder + '/server.log', removeWhenOrphaned: folder });
    const look = () => existsSync('${folder}/port') ? console.log(readFileSync('${folder}/port', 'utf8')) : setTimeout(look, 10);
    look();`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', script, folder], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [port] = (await once(parent.stdout, 'data')) as [Buffer];
  const connection = connect(Number(port.toString()), '127.0.0.1').resume();
  await once(connection, 'connect');
  return { parent, connection, folder };
}

/** However it ends: a server that is killed may reset its connections. */
function closeOf(connection: Socket): Promise<void> {
  return new Promise((resolve) => connection.on('error', () => undefined).on('close', () => resolve()));
}

describe('a child', () => {
  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('does not outlive a parent that ends by %s', async (signal) => {
    const { parent, connection, folder } = await family();
    const closed = closeOf(connection);
    parent.kill(signal);
    await closed;
    await vi.waitFor(() => expect(existsSync(folder)).toBe(false), { timeout: 10_000 });
  });

  it('does not outlive Ctrl-C, which reaches the whole process group', async () => {
    const { parent, connection } = await family();
    const closed = closeOf(connection);
    process.kill(-parent.pid!, 'SIGINT');
    await closed;
  });

  it('that cannot be run is an error which names the command', async () => {
    const folder = temporaryFolder();
    const log = path.join(folder, 'server.log');
    await expect(startChild({ command: ['no-such-server'], cwd: folder, log })).rejects.toThrow(
      `no-such-server cannot be run; its output is in ${log}`,
    );
  });
});

describe('a local server', () => {
  it('that ends at once is an error with the end of its log', async () => {
    const failing = startRedis({ config: ['no-such-setting yes'] });
    await expect(failing).rejects.toThrow(/Redis ended before it answered[^]*no-such-setting yes/);
  });

  it('has to be dead before it is started again', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    await expect(redis.start()).rejects.toThrow('Redis runs already: kill() it before start()');
    await redis.kill();
    expect(() => redis.pid).toThrow('Redis does not run');
    await redis.kill();
  });
});
